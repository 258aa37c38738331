using System.Text;
using Granary.Core.Assets;

namespace Granary.Server.Hosting;

/// <summary>
/// The two files in the data directory that the AWS CLI and SDKs read. Operators add profiles of their own to them, so nothing is
/// ever rewritten but what this server wrote itself.
/// </summary>
public sealed class AwsFiles(DataDirectory data, string region)
{
    public string Credentials => data.Under("aws", "credentials");

    public string Config => data.Under("aws", "config");

    /// <summary>The address that clients are told to use, as the default profile has it; null before the first start.</summary>
    public string? Endpoint => File.Exists(Config) ? Value(File.ReadAllLines(Config), "endpoint_url") : null;

    /// <summary>Begins both files with a default profile.</summary>
    public void Create(string accessKeyId, string secret, string endpoint)
    {
        DurableFile.CreateDirectory(data.Under("aws"));
        Write(Credentials, $"[default]\naws_access_key_id = {accessKeyId}\naws_secret_access_key = {secret}\n");
        UseEndpoint(endpoint);
    }

    /// <summary>Adds a profile; its name must not be taken.</summary>
    public void AddProfile(string name, string accessKeyId, string secret)
    {
        var config = File.ReadAllText(Config);
        Write(Credentials, $"{Ended(File.ReadAllText(Credentials))}\n[{name}]\naws_access_key_id = {accessKeyId}\naws_secret_access_key = {secret}\n");
        Write(Config, $"{Ended(config)}\n[profile {name}]\nregion = {region}\nendpoint_url = {Endpoint}\n");
    }

    public bool HasProfile(string name) =>
        name == "default" || File.ReadAllLines(Credentials).Any(line => line.Trim() == $"[{name}]") || File.ReadAllLines(Config).Any(line => line.Trim() == $"[profile {name}]");

    /// <summary>Puts the server's present address in the place of its last one, in every profile that has it.</summary>
    public void UseEndpoint(string endpoint)
    {
        if (!File.Exists(Config))
        {
            DurableFile.CreateDirectory(data.Under("aws"));
            Write(Config, $"[default]\nregion = {region}\nendpoint_url = {endpoint}\n");
            return;
        }

        var lines = File.ReadAllLines(Config);
        var (oldEndpoint, oldRegion) = (Value(lines, "endpoint_url"), Value(lines, "region"));
        var changed = lines
            .Select(line => oldEndpoint is not null && line == $"endpoint_url = {oldEndpoint}" ? $"endpoint_url = {endpoint}"
                : oldRegion is not null && line == $"region = {oldRegion}" ? $"region = {region}"
                : line)
            .ToList();
        if (!changed.SequenceEqual(lines))
        {
            Write(Config, string.Join('\n', changed) + "\n");
        }
    }

    // The first one: that of the default profile, which the first start wrote.
    private static string? Value(IEnumerable<string> lines, string key) =>
        lines.FirstOrDefault(line => line.StartsWith($"{key} = ", StringComparison.Ordinal))?[(key.Length + 3)..];

    private static string Ended(string text) => text.EndsWith('\n') ? text : text + "\n";

    private static void Write(string path, string text) => DurableFile.WritePrivate(path, Encoding.UTF8.GetBytes(text));
}
