using System.Data.Common;
using System.Globalization;
using System.Net;
using Granary.Core;
using Granary.Core.Collection;
using Granary.Core.Scrub;
using Granary.Core.Trail;
using Granary.Server.Events.Targets;
using Granary.Server.Monitoring;
using Granary.Server.Throttling;
using Npgsql;

namespace Granary.Server.Hosting;

/// <summary>Reads <see cref="ServeOptions"/> from where operators write them, and says which key is wrong.</summary>
internal static class Settings
{
    // PostgreSQL takes 100 connections unless it is told otherwise, and Npgsql would take all of them for one node. Three nodes have room for this many.
    private const int ConnectionsPerNode = 30;

    private const string AllowedNetworks = $"{EventTargetOptions.Section}:{nameof(EventTargetOptions.AllowedNetworks)}";

    /// <summary>The file <c>granary.json</c> in the data directory, then the environment; the command line has the last word.</summary>
    public static IConfiguration Configuration(string data) => new ConfigurationBuilder()
        .AddConfiguration(File(data))
        .AddEnvironmentVariables()
        .AddEnvironmentVariables("GRANARY_")
        .Build();

    private static IConfiguration File(string data) =>
        new ConfigurationBuilder().AddJsonFile(Path.GetFullPath(Path.Combine(data, "granary.json")), optional: true).Build();

    /// <exception cref="FormatException">A value cannot be what it is for, or nothing reads a key of the file; the message names the key.</exception>
    public static ServeOptions Read(string data, string? urls, string? database, bool quickstart)
    {
        KnownSettings.Demand(File(data));
        var configuration = Configuration(data);
        var defaults = new ServeOptions { Data = data };
        var options = new ServeOptions
        {
            Data = data,
            Urls = urls ?? configuration["Urls"] ?? defaults.Urls,
            Database = ConnectionString(database ?? configuration["Database"]),
            Region = Region(configuration, "Region") ?? defaults.Region,
            Quickstart = quickstart,
            PublicUrl = Address(configuration, "PublicUrl"),
            AllowedHosts = [.. List(configuration, "AllowedHosts").Select(Host)],
            TrustedProxies = [.. List(configuration, "TrustedProxies").Select(text => Network("TrustedProxies", text))],
            Certificate = configuration["Tls:Certificate"],
            CertificateKey = configuration["Tls:Key"],
            CertificatePassword = configuration["Tls:Password"],
            Trail = new TrailOptions(Days(configuration, "Trail:RetentionDays") ?? defaults.Trail.RetentionDays, Flag(configuration, "Trail:Reads") ?? defaults.Trail.Reads),
            Collection = new CollectionOptions
            {
                Interval = DurationSettings.Read(configuration, $"{CollectionOptions.Section}:{nameof(CollectionOptions.Interval)}") ?? defaults.Collection.Interval,
                Grace = DurationSettings.Read(configuration, $"{CollectionOptions.Section}:{nameof(CollectionOptions.Grace)}") ?? defaults.Collection.Grace,
            },
            Scrub = new ScrubOptions
            {
                Interval = DurationSettings.Read(configuration, $"{ScrubOptions.Section}:{nameof(ScrubOptions.Interval)}") ?? defaults.Scrub.Interval,
                BytesPerSecond = Bytes(configuration, $"{ScrubOptions.Section}:{nameof(ScrubOptions.BytesPerSecond)}") ?? defaults.Scrub.BytesPerSecond,
            },
            Shutdown = new ShutdownOptions
            {
                Delay = DurationSettings.Read(configuration, $"{ShutdownOptions.Section}:{nameof(ShutdownOptions.Delay)}") ?? defaults.Shutdown.Delay,
                Limit = DurationSettings.Read(configuration, $"{ShutdownOptions.Section}:{nameof(ShutdownOptions.Limit)}") ?? defaults.Shutdown.Limit,
            },
            Quotas = LimitSettings.Read(configuration.GetSection(Quotas.Section), new Quotas(), Rates.Name),
            Rates = ReadRates(configuration.GetSection(Rates.Section)),
            EventTargets = EventSettings.Read(configuration, List(configuration, AllowedNetworks).Select(text => Network(AllowedNetworks, text))),
            Metrics = MonitoringSettings.ReadMetrics(configuration),
            Usage = MonitoringSettings.ReadUsage(configuration),
            Prices = MonitoringSettings.ReadPrices(configuration),
        };
        var (encryption, kms) = EncryptionSettings.Read(configuration, options.Region);
        var (s3, azure) = StorageSettings.Read(configuration, options.Region);
        options = options with { S3 = s3, Azure = azure, Encryption = encryption, Kms = kms };
        DemandUrls("Urls", options.Urls);
        return options;
    }

    /// <summary>The addresses to listen on, if that is what they are.</summary>
    internal static string DemandUrls(string key, string urls)
    {
        foreach (var url in urls.Split(';'))
        {
            if (!Uri.TryCreate(url.Replace("*", "localhost", StringComparison.Ordinal).Replace("+", "localhost", StringComparison.Ordinal), UriKind.Absolute, out var parsed) || parsed.Scheme is not ("http" or "https"))
            {
                throw new FormatException($"{key}: '{url}' is not an address such as http://localhost:8080.");
            }
        }

        return urls;
    }

    /// <summary>Separated by semicolons or commas, or a list of JSON.</summary>
    private static IEnumerable<string> List(IConfiguration configuration, string key) =>
        configuration.GetSection(key).GetChildren().Select(item => item.Value).Prepend(configuration[key]).OfType<string>()
            .SelectMany(text => text.Split([';', ','], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));

    private static Rates ReadRates(IConfigurationSection section)
    {
        if (section.Value is { Length: > 0 } value)
        {
            throw new FormatException($"{section.Path}: '{value}' cannot be. Write {section.Path}:{Rates.Preset} for CodeArtifact's rates, or single ones below {section.Path}.");
        }

        var preset = section[Rates.Preset] switch
        {
            null or "" => new Rates(),
            var text when text.Equals("off", StringComparison.OrdinalIgnoreCase) => new Rates(),
            var text when text.Equals("codeartifact", StringComparison.OrdinalIgnoreCase) => Rates.CodeArtifact,
            var text => throw new FormatException($"{section.Path}:{Rates.Preset}: '{text}' is neither off nor codeartifact."),
        };
        return LimitSettings.Read(section, preset, Rates.Preset);
    }

    private static bool SaysPoolSize(string text) => new DbConnectionStringBuilder { ConnectionString = text }.Keys!.Cast<string>()
        .Any(key => key.Replace(" ", "", StringComparison.Ordinal) is var name
            && (name.Equals("MaximumPoolSize", StringComparison.OrdinalIgnoreCase) || name.Equals("MaxPoolSize", StringComparison.OrdinalIgnoreCase)));

    private static string? ConnectionString(string? text)
    {
        try
        {
            if (text is null or "")
            {
                return null;
            }

            var connection = new NpgsqlConnectionStringBuilder(text) { ApplicationName = "granary" };
            if (!SaysPoolSize(text))
            {
                connection.MaxPoolSize = ConnectionsPerNode;
            }

            return connection.ConnectionString;
        }
        catch (ArgumentException)
        {
            // Not repeated: it may hold a password.
            throw new FormatException("Database: this is no PostgreSQL connection string. Write one such as Host=db.example.com;Database=granary;Username=granary;Password=….");
        }
    }

    private static int? Days(IConfiguration configuration, string key) => configuration[key] switch
    {
        null or "" => null,
        var text when int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var days) && days <= 36_500 => days,
        var text => throw new FormatException($"{key}: '{text}' is no number of days. Write one such as 90, or 0 to keep everything."),
    };

    private static long? Bytes(IConfiguration configuration, string key) => configuration[key] switch
    {
        null or "" => null,
        var text when long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var bytes) && bytes > 0 => bytes,
        var text => throw new FormatException($"{key}: '{text}' is no number of bytes. Write one such as 20971520."),
    };

    internal static bool? Flag(IConfiguration configuration, string key) => configuration[key] switch
    {
        null or "" => null,
        var text when bool.TryParse(text, out var flag) => flag,
        var text => throw new FormatException($"{key}: '{text}' is neither true nor false."),
    };

    internal static string? Region(IConfiguration configuration, string key) => configuration[key] switch
    {
        null => null,
        { Length: > 0 and <= 32 } text when text.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-') => text,
        var text => throw new FormatException($"{key}: '{text}' is no region. Write one such as us-east-1."),
    };

    private static string Host(string text) =>
        Uri.CheckHostName(text.StartsWith("*.", StringComparison.Ordinal) ? text[2..] : text) is not UriHostNameType.Unknown
            ? text
            : throw new FormatException($"AllowedHosts: '{text}' is no host name. Write names such as packages.example.com or *.example.com.");

    private static IPNetwork Network(string key, string text)
    {
        if (IPAddress.TryParse(text, out var address))
        {
            return new IPNetwork(address, address.GetAddressBytes().Length * 8);
        }

        return IPNetwork.TryParse(text, out var network)
            ? network
            : throw new FormatException($"{key}: '{text}' is neither an address nor a network. Write some such as 10.0.0.5 or 10.0.0.0/8.");
    }

    internal static Uri? Address(IConfiguration configuration, string key)
    {
        if (configuration[key] is not { Length: > 0 } text)
        {
            return null;
        }

        return Uri.TryCreate(text, UriKind.Absolute, out var address) && address.Scheme is "http" or "https"
            ? address
            : throw new FormatException($"{key}: '{text}' is not an absolute http or https address.");
    }
}
