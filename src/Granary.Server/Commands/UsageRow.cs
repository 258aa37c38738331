using System.Globalization;
using System.Text.Json.Serialization;
using Granary.Core.Usage;

namespace Granary.Server.Commands;

/// <summary>One line of <c>granary usage</c>, with what it costs in US dollars.</summary>
internal sealed class UsageRow(UsageLine line, PriceSheet prices)
{
    public static readonly string[] Names =
        ["Account", "Group", "StorageGbMonths", "Requests", "Downloads", "BytesUploaded", "BytesDownloaded", "UpstreamBytes", "CacheBytesSaved", "DeduplicatedGbMonths", "StorageCost", "RequestCost", "TransferCost", "Cost"];

    public string Account => line.Account;

    public string Group => line.Group;

    public decimal StorageGbMonths => Rounded(line.StorageGbMonths);

    public long Requests => line.Requests;

    public long Downloads => line.Downloads;

    public long BytesUploaded => line.BytesUploaded;

    public long BytesDownloaded => line.BytesDownloaded;

    public long UpstreamBytes => line.UpstreamBytes;

    public long CacheBytesSaved => line.CacheBytesSaved;

    public decimal DeduplicatedGbMonths => Rounded(line.DeduplicatedGbMonths);

    public decimal StorageCost => Rounded(line.StorageCost(prices));

    public decimal RequestCost => Rounded(line.RequestCost(prices));

    public decimal TransferCost => Rounded(line.TransferCost(prices));

    public decimal Cost => Rounded(line.Cost(prices));

    /// <summary>In the order of <see cref="Names"/>.</summary>
    [JsonIgnore]
    public IReadOnlyList<string> Values =>
    [
        Account, Group, Text(StorageGbMonths), Text(Requests), Text(Downloads), Text(BytesUploaded), Text(BytesDownloaded), Text(UpstreamBytes),
        Text(CacheBytesSaved), Text(DeduplicatedGbMonths), Text(StorageCost), Text(RequestCost), Text(TransferCost), Text(Cost),
    ];

    private static decimal Rounded(decimal number) => Math.Round(number, 10);

    private static string Text(decimal number) => number.ToString("0.##########", CultureInfo.InvariantCulture);
}

[JsonSerializable(typeof(IReadOnlyList<UsageRow>))]
[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
internal sealed partial class UsageJson : JsonSerializerContext;
