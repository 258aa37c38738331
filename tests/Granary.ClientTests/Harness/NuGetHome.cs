using System.Text.Json.Nodes;

namespace Granary.ClientTests.Harness;

/// <summary>A home whose dotnet knows one source and nothing else of this machine.</summary>
public sealed class NuGetHome : IDisposable
{
    private readonly ClientHome _home;
    private readonly bool _isOwn;

    /// <param name="home">Of other clients too; null for one of its own.</param>
    public NuGetHome(ClientHome? home = null)
    {
        (_home, _isOwn) = (home ?? new ClientHome(), home is null);
        foreach (var (name, value) in new Dictionary<string, string>
        {
            ["DOTNET_CLI_HOME"] = _home.Path,
            ["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1",
            ["DOTNET_NOLOGO"] = "1",
            ["DOTNET_GENERATE_ASPNET_CERTIFICATE"] = "false",
            ["DOTNET_CLI_UI_LANGUAGE"] = "en",
            ["MSBUILDDISABLENODEREUSE"] = "1",
            ["NUGET_PACKAGES"] = Path("packages"),
            ["NUGET_HTTP_CACHE_PATH"] = Path("http-cache"),
        })
        {
            Client.Environment[name] = value;
        }
    }

    public ClientHome Client => _home;

    /// <summary>The source <c>granary</c> as a person would write it down.</summary>
    public void Use(Uri index, string token) => _home.Write(
        "NuGet.Config",
        $"""
        <?xml version="1.0" encoding="utf-8"?>
        <configuration>
          <packageSources><clear /><add key="granary" value="{index}" allowInsecureConnections="true" /></packageSources>
          <packageSourceCredentials><granary><add key="Username" value="aws" /><add key="ClearTextPassword" value="{token}" /></granary></packageSourceCredentials>
        </configuration>
        """);

    /// <summary>A project that restores what it is given; versions may float.</summary>
    public string Project(string name, params (string Id, string Version)[] packages)
    {
        var references = string.Concat(packages.Select(p => $"""<PackageReference Include="{p.Id}" Version="{p.Version}" />"""));
        _home.Write(
            $"{name}/{name}.csproj",
            $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup><TargetFramework>net10.0</TargetFramework><RestorePackagesWithLockFile>true</RestorePackagesWithLockFile><NuGetAudit>false</NuGetAudit></PropertyGroup>
              <ItemGroup>{references}</ItemGroup>
            </Project>
            """);
        return Path(name);
    }

    public string Package(string id, string version, string metadata = "", int padding = 0)
    {
        var path = Path($"{id}.{version}.nupkg");
        File.WriteAllBytes(path, NuGetFile.Package(id, version, metadata, padding));
        return path;
    }

    public Task<CommandResult> DotnetAsync(string folder, params string[] arguments) =>
        _home.RunAsync([Tool.Find("dotnet") ?? Tool.Missing("dotnet")], folder, arguments);

    public Task<CommandResult> PushAsync(string file, params string[] more) =>
        DotnetAsync(_home.Path, ["nuget", "push", file, "--source", "granary", "--api-key", "none", .. more]);

    /// <summary>The resolved versions of a project's lock file, by id.</summary>
    public static Dictionary<string, string> Locked(string project) =>
        JsonNode.Parse(File.ReadAllText(System.IO.Path.Combine(project, "packages.lock.json")))!["dependencies"]!.AsObject().Single().Value!.AsObject()
            .ToDictionary(d => d.Key, d => (string)d.Value!["resolved"]!);

    /// <summary>Forgets everything that was downloaded, so that the next restore asks for all of it again.</summary>
    public void EmptyCaches()
    {
        foreach (var folder in (string[])[Path("packages"), Path("http-cache"), .. Directory.GetDirectories(_home.Path, "obj", SearchOption.AllDirectories)])
        {
            if (Directory.Exists(folder))
            {
                Directory.Delete(folder, recursive: true);
            }
        }
    }

    public void Dispose()
    {
        if (_isOwn)
        {
            _home.Dispose();
        }
    }

    /// <summary>A file of a package that was restored, whatever its version; null where there is none.</summary>
    public string? Restored(string id, string file)
    {
        var folder = Path($"packages/{id.ToLowerInvariant()}");
        return Directory.Exists(folder)
            ? Directory.GetDirectories(folder).Select(version => System.IO.Path.Combine(version, file)).SingleOrDefault(File.Exists)
            : null;
    }

    private string Path(string name) => System.IO.Path.Combine(_home.Path, name);
}
