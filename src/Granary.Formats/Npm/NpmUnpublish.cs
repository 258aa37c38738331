using Granary.Core;
using Microsoft.AspNetCore.Http;

namespace Granary.Formats.Npm;

/// <summary>Unpublishing by a client is not part of CodeArtifact: versions are removed by operations, which are audited and guarded apart.</summary>
internal static class NpmUnpublish
{
    public static Task RefuseAsync(HttpContext context)
    {
        var package = RepositoryRequest.Of(context).RequiredPackage;
        var scope = package.Namespace.Length == 0 ? "" : $" --namespace {package.Namespace}";
        throw Refusal.NotSupported(
            "unpublish is not supported here. To remove versions use: aws codeartifact delete-package-versions --format npm" +
            $"{scope} --package {package.Name} --versions …; to hide them: update-package-versions-status --target-status Unlisted or Archived.");
    }
}
