using System.Net;
using Granary.Server.Events.Targets;

namespace Granary.Server.Hosting;

/// <summary>Reads how events are sent.</summary>
internal static class EventSettings
{
    private const string Section = EventTargetOptions.Section;

    /// <summary>The keys of the section.</summary>
    public static string[] Names { get; } =
        [nameof(EventTargetOptions.Timeout), nameof(EventTargetOptions.AllowedNetworks), nameof(EventTargetOptions.Endpoints), nameof(EventTargetOptions.AccessKeyId), nameof(EventTargetOptions.SecretAccessKey)];

    /// <exception cref="FormatException">A value cannot be what it is for; the message names the key.</exception>
    public static EventTargetOptions Read(IConfiguration configuration, IEnumerable<IPNetwork> networks)
    {
        var (key, secret) = (Text(configuration, nameof(EventTargetOptions.AccessKeyId)), Text(configuration, nameof(EventTargetOptions.SecretAccessKey)));
        if (key is null != secret is null)
        {
            throw new FormatException(
                $"{Section}:{(key is null ? nameof(EventTargetOptions.AccessKeyId) : nameof(EventTargetOptions.SecretAccessKey))}: it is missing. Set both keys, or none of them where the environment or the machine's role has some.");
        }

        return new EventTargetOptions
        {
            Timeout = Timeout(configuration),
            AllowedNetworks = [.. networks],
            Endpoints = Endpoints(configuration),
            AccessKeyId = key,
            SecretAccessKey = secret,
        };
    }

    private static TimeSpan Timeout(IConfiguration configuration)
    {
        const string Key = $"{Section}:{nameof(EventTargetOptions.Timeout)}";
        return DurationSettings.Read(configuration, Key) switch
        {
            null => new EventTargetOptions().Timeout,
            { TotalSeconds: >= 1 and <= 60 } span => span,
            _ => throw new FormatException($"{Key}: an attempt takes from 1s to 60s."),
        };
    }

    private static Dictionary<string, Uri> Endpoints(IConfiguration configuration)
    {
        var section = $"{Section}:{nameof(EventTargetOptions.Endpoints)}";
        foreach (var unknown in configuration.GetSection(section).GetChildren().Where(child => !EventTargetOptions.Services.Contains(child.Key, StringComparer.OrdinalIgnoreCase)))
        {
            throw KnownSettings.Unknown($"{section}:", unknown.Key, EventTargetOptions.Services);
        }

        return EventTargetOptions.Services
            .Select(service => (Service: service, Address: Settings.Address(configuration, $"{section}:{service}")))
            .Where(endpoint => endpoint.Address is not null)
            .ToDictionary(endpoint => endpoint.Service, endpoint => endpoint.Address is { UserInfo: "", Query: "", Fragment: "" }
                ? endpoint.Address
                : throw new FormatException($"{section}:{endpoint.Service}: write the service's address alone, such as https://sqs.example.com."));
    }

    private static string? Text(IConfiguration configuration, string key) => configuration[$"{Section}:{key}"] is { Length: > 0 } text ? text : null;
}
