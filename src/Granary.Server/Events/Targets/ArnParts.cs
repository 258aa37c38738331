namespace Granary.Server.Events.Targets;

/// <summary>The parts of an ARN that say where its service is and what it calls the thing.</summary>
internal sealed record ArnParts(string Partition, string Service, string Region, string Account, string Resource)
{
    /// <returns>Null where it is no ARN with a service and a region whose names can stand in a host's.</returns>
    public static ArnParts? Parse(string arn)
    {
        var parts = arn.Split(':', 6);
        return parts is ["arn", { Length: > 0 }, { Length: > 0 and <= 32 } service, { Length: > 0 and <= 32 } region, { Length: > 0 }, { Length: > 0 }]
            && (service + region).All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-')
            ? new ArnParts(parts[1], service, region, parts[4], parts[5])
            : null;
    }
}
