using Granary.Formats;

namespace Granary.Server.ControlPlane;

/// <summary>One operation of the API.</summary>
/// <param name="Name">As in AWS's model; with <c>codeartifact:</c> before it, the action that is decided on.</param>
/// <param name="Path">Compared exactly with the path that was signed.</param>
/// <param name="ReadTarget">Reads what the operation is decided on; one of <see cref="On"/>.</param>
/// <param name="RunAsync">Reads the other parameters, then asks for the resource, which authorises, then works.</param>
internal sealed record Operation(string Name, string Method, string Path, ReadTarget ReadTarget, Func<Call, Task<IResult>> RunAsync)
{
    /// <summary>
    /// The body is the asset itself and stays on the wire while the caller is authenticated by the digest that he signed for it: the
    /// operation reads it, and compares.
    /// </summary>
    public bool Streams { get; init; }

    public Guard Guard { get; } = new($"codeartifact:{Name}");
}
