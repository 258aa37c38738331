using System.Xml.Linq;
using Granary.Server.Aws.Query;

namespace Granary.Server.Aws.Sts;

/// <summary>GetCallerIdentity: whoever can sign may know who they are, whatever policies say.</summary>
internal static class CallerIdentity
{
    public static Task<IReadOnlyList<XElement>> GetAsync(QueryCall call)
    {
        call.AuthoriseFreely();
        return Task.FromResult<IReadOnlyList<XElement>>(
        [
            new("Arn", call.Principal.Arn),
            new("UserId", call.Principal.UserId),
            new("Account", call.AccountId),
        ]);
    }
}
