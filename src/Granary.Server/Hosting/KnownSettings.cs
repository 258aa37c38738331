using Granary.Core;
using Granary.Core.Collection;
using Granary.Core.Encryption;
using Granary.Core.Scrub;
using Granary.Core.Usage;
using Granary.Formats;
using Granary.Server.Events.Targets;
using Granary.Server.Monitoring;

namespace Granary.Server.Hosting;

/// <summary>
/// Every key that <c>granary.json</c> may have. A key that nothing reads is a mistake that would otherwise be found when what it was to
/// change has not changed.
/// </summary>
internal static class KnownSettings
{
    // Whatever is in the environment belongs to others too, so that only the sections that are Granary's own are looked into there.
    private static readonly string[] Top =
        ["Urls", "Database", "Region", "PublicUrl", "AllowedHosts", "TrustedProxies", "Tls", "Trail", StorageSettings.Section, CollectionOptions.Section, ScrubOptions.Section, EncryptionOptions.Section,
         ShutdownOptions.Section, EventTargetOptions.Section, MetricsOptions.Section, MonitoringSettings.UsageSection, PriceSheet.Section, Quotas.Section, Sources.Section];

    private static readonly Dictionary<string, string[]> Sections = new()
    {
        [StorageSettings.Section] = ["Kind", "S3", "Azure"],
        [$"{StorageSettings.Section}:S3"] = ["Bucket", "Prefix", "ServiceUrl", "Region", "AccessKey", "SecretKey", "PathStyle", "Redirect"],
        [$"{StorageSettings.Section}:Azure"] = ["Container", "Prefix", "ServiceUrl", "AccountName", "AccountKey", "SasToken", "Redirect"],
        [EncryptionOptions.Section] = EncryptionSettings.Known,
        ["Tls"] = ["Certificate", "Key", "Password"],
        ["Trail"] = ["RetentionDays", "Reads"],
        [CollectionOptions.Section] = [nameof(CollectionOptions.Interval), nameof(CollectionOptions.Grace)],
        [ShutdownOptions.Section] = [nameof(ShutdownOptions.Delay), nameof(ShutdownOptions.Limit)],
        [EventTargetOptions.Section] = EventSettings.Names,
        [MetricsOptions.Section] = [nameof(MetricsOptions.Urls), "TokenFile"],
        [MonitoringSettings.UsageSection] = ["Enabled"],
        [PriceSheet.Section] = [nameof(PriceSheet.StorageGbMonth), nameof(PriceSheet.TenThousandRequests), nameof(PriceSheet.TransferGb)],
        [ScrubOptions.Section] = [nameof(ScrubOptions.Interval), nameof(ScrubOptions.BytesPerSecond)],
    };

    /// <param name="file">The keys of <c>granary.json</c> alone.</param>
    /// <exception cref="FormatException">A key is none that anything reads; the message names it and the ones that there are.</exception>
    public static void Demand(IConfiguration file)
    {
        foreach (var key in file.GetChildren().Select(key => key.Key).Where(key => !Top.Contains(key, StringComparer.OrdinalIgnoreCase)))
        {
            throw Unknown("", key, Top);
        }

        foreach (var (section, names) in Sections)
        {
            foreach (var key in file.GetSection(section).GetChildren().Select(key => key.Key).Where(key => !names.Contains(key, StringComparer.OrdinalIgnoreCase)))
            {
                throw Unknown($"{section}:", key, names);
            }
        }
    }

    /// <summary>What is said of a key that nothing reads.</summary>
    /// <param name="section">Empty, or a section with its colon.</param>
    public static FormatException Unknown(string section, string key, IReadOnlyList<string> known)
    {
        var (nearest, distance) = known.Select(name => (Name: name, Distance: Distance(key.ToUpperInvariant(), name.ToUpperInvariant()))).MinBy(pair => pair.Distance);
        var meant = distance <= 1 + (nearest.Length / 4) ? $" Did you mean {section}{nearest}?" : "";
        return new FormatException($"{section}{key}: there is no such setting.{meant} Known are {string.Join(", ", known.Order(StringComparer.Ordinal).Select(name => section + name))}.");
    }

    /// <summary>How many letters have to be changed, added or taken away to make one of the other (Levenshtein).</summary>
    private static int Distance(string one, string other)
    {
        var row = Enumerable.Range(0, other.Length + 1).ToArray();
        for (var i = 1; i <= one.Length; i++)
        {
            var corner = row[0];
            row[0] = i;
            for (var j = 1; j <= other.Length; j++)
            {
                (corner, row[j]) = (row[j], Math.Min(Math.Min(row[j], row[j - 1]) + 1, corner + (one[i - 1] == other[j - 1] ? 0 : 1)));
            }
        }

        return row[other.Length];
    }
}
