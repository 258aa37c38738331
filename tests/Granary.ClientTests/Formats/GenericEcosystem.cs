using System.Text.Json.Nodes;
using Granary.ClientTests.Harness;

namespace Granary.ClientTests.Formats;

/// <summary>Generic packages, whose one tool is the AWS CLI.</summary>
public sealed class GenericEcosystem : Ecosystem
{
    private const string NoSource = "Generic packages are fetched from no upstream and no public source.";
    private const string Asset = "mark.txt";

    public override string Format => "generic";

    public override string Namespace => "tools";

    public override IReadOnlyDictionary<string, string> Inapplicable { get; } = new Dictionary<string, string>
    {
        ["A_public_package_is_installed_kept_and_told_from_ones_own"] = NoSource,
        ["While_the_source_is_down_what_is_kept_is_installed"] = NoSource,
        ["Origin_controls_hide_public_versions_and_refuse_publishing"] = NoSource,
        ["A_package_group_does_the_same_for_names_that_nobody_has_used"] = NoSource,
        ["Who_may_not_read_or_publish_does_not"] = "Its calls are signed and need no token: who may not is refused in the tests of the control plane.",
        ["What_a_client_has_already_is_304"] = "GetPackageVersionAsset has no conditions.",
        ["Hostile_uploads_are_refused_and_leave_nothing"] = "An asset is bytes, and nobody looks inside.",
    };

    public override async Task<CommandResult> PublishAsync(ClientHome home, Shelf shelf, Item item)
    {
        var file = home.Write($"{SharedServer.Fresh("asset")}.txt", item.Mark);
        var digest = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(file)));
        return await Aws(home, shelf).TryAsync(
            ["publish-package-version", .. Package(shelf, item.Name), "--package-version", item.Version, "--asset-content", file, "--asset-name", Asset, "--asset-sha256", digest]);
    }

    public override async Task<Installation> InstallAsync(ClientHome home, Shelf shelf, string name, string? version = null)
    {
        var aws = Aws(home, shelf);
        if (version is null)
        {
            var listed = await aws.TryAsync(["list-package-versions", .. Package(shelf, name), "--status", "Published", "--sort-by", "PUBLISHED_TIME", "--output", "json"]);
            if (listed.ExitCode != 0)
            {
                return new Installation(listed, null);
            }

            version = (string?)JsonNode.Parse(listed.Output)!["versions"]!.AsArray().FirstOrDefault()?["version"];
            if (version is null)
            {
                return new Installation(listed with { ExitCode = 1, Error = "No version is Published." }, null);
            }
        }

        var file = Path.Combine(home.Project(SharedServer.Fresh("install")), Asset);
        var result = await aws.TryAsync(["get-package-version-asset", .. Package(shelf, name), "--package-version", version, "--asset", Asset, file]);
        return new Installation(result, result.ExitCode == 0 ? await File.ReadAllTextAsync(file) : null);
    }

    public override string? ListingPath(string name) => null;

    public override string? AssetPath(string name, string version) => null;

    public override IEnumerable<(string What, HttpRequestMessage Upload)> Hostile(Shelf shelf, Item item) => [];

    private static AwsCli Aws(ClientHome home, Shelf shelf) => new(shelf.Server, home);

    private string[] Package(Shelf shelf, string name) =>
        ["--domain", shelf.Domain, "--repository", shelf.Repository, "--format", Format, "--namespace", Namespace, "--package", name];
}

public sealed class GenericFormatTests(FormatServer<GenericEcosystem> place) : FormatContract<GenericEcosystem>(place);
