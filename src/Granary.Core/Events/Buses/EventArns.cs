namespace Granary.Core.Events.Buses;

/// <summary>ARNs of EventBridge. Those of a bus <see cref="EventBus.Default"/>'s rules leave the bus out, as AWS's do.</summary>
public sealed class EventArns(string region)
{
    public string Region => region;

    public string Bus(string account, string bus) => Of(account, BusResource(bus));

    public string Rule(string account, string bus, string rule) => Of(account, RuleResource(bus, rule));

    /// <summary>As far as the name.</summary>
    public string Connection(string account, string name) => Of(account, $"connection/{name}");

    public string Connection(string account, string name, string id) => Of(account, $"connection/{name}/{id}");

    /// <summary>As far as the name.</summary>
    public string ApiDestination(string account, string name) => Of(account, $"api-destination/{name}");

    public string ApiDestination(string account, string name, string id) => Of(account, $"api-destination/{name}/{id}");

    public string Archive(string account, string name) => Of(account, $"archive/{name}");

    public string Replay(string account, string name) => Of(account, $"replay/{name}");

    /// <summary>The rule that an ARN of this region and of this form names; null for any other text.</summary>
    public (string Account, string Bus, string Name)? RuleOf(string arn) => ResourceOf(arn, "rule/") is { } found
        ? found.Name.LastIndexOf('/') is > 0 and var slash
            ? (found.Account, found.Name[..slash], found.Name[(slash + 1)..])
            : (found.Account, EventBus.Default, found.Name)
        : null;

    /// <summary>The bus that an ARN of this region names; null for any other text.</summary>
    public (string Account, string Name)? BusOf(string arn) => ResourceOf(arn, "event-bus/");

    /// <summary>The account and what follows the kind in an ARN of this region; null for any other text.</summary>
    /// <param name="arn">Any text.</param>
    /// <param name="kind">With its slash, such as <c>archive/</c>.</param>
    public (string Account, string Name)? ResourceOf(string arn, string kind)
    {
        var prefix = $"arn:aws:events:{region}:";
        if (!arn.StartsWith(prefix, StringComparison.Ordinal) || arn.IndexOf(':', prefix.Length) is not (>= 0 and var colon))
        {
            return null;
        }

        var (account, resource) = (arn[prefix.Length..colon], arn[(colon + 1)..]);
        return account.Length == 12 && account.All(char.IsAsciiDigit) && resource.Length > kind.Length && resource.StartsWith(kind, StringComparison.Ordinal)
            ? (account, resource[kind.Length..])
            : null;
    }

    internal static string BusResource(string bus) => $"event-bus/{bus}";

    internal static string RuleResource(string bus, string rule) => bus == EventBus.Default ? $"rule/{rule}" : $"rule/{bus}/{rule}";

    private string Of(string account, string resource) => $"arn:aws:events:{region}:{account}:{resource}";
}
