using Granary.Core.Events.Buses;
using Granary.Server.ControlPlane;

namespace Granary.Server.Aws.EventBridge;

/// <summary>The parameter <c>KmsKeyIdentifier</c> of several operations.</summary>
internal static class KmsKeys
{
    /// <exception cref="Core.Refusal">Validation: a key is named.</exception>
    public static void DemandNone(BodyArguments arguments)
    {
        if (!string.IsNullOrEmpty(arguments.Optional("KmsKeyIdentifier", TextShape.Any)))
        {
            throw EventRefusals.Invalid("Granary encrypts nothing with keys of KMS. Leave KmsKeyIdentifier out.");
        }
    }
}
