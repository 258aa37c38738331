using Granary.Core;
using Granary.Core.Domains;
using Granary.Core.Repositories;
using Granary.Core.Trail;
using Granary.Formats;
using Granary.Server.ControlPlane;
using Microsoft.AspNetCore.Http.Features;

namespace Granary.Server.Hosting;

/// <summary>
/// The audit trail's record of the request at hand. The entrance of each plane begins it, whoever learns something adds it, and the
/// edge, which knows how it ended, hands it on.
/// </summary>
internal static class RequestTrail
{
    public const string CodeArtifact = "codeartifact.amazonaws.com";

    // Longer than any name that a client may have; credentials are longer.
    private const int LongestShown = 64;
    private const int LongestText = 1024;

    private static readonly string[] Reading = ["Get", "List", "Describe", "Lookup", "Simulate", "Assume", "Decode", "Explain", "Test"];

    public static TrailRecord? Of(HttpContext context) => context.Features.Get<TrailRecord>();

    /// <summary>Begins the record of a call of AWS's clients; it has the id that the client is told.</summary>
    public static TrailRecord Begin(HttpContext context, string source, string name)
    {
        var record = new TrailRecord
        {
            Source = source,
            Name = name,
            IsReadOnly = Reads(name),
            Address = context.Connection.RemoteIpAddress,
            UserAgent = UserAgent(context),
            RequestId = RequestId.Of(context),
        };
        context.Features.Set(record);
        return record;
    }

    /// <summary>Begins the record of a request of a package manager.</summary>
    public static TrailRecord Begin(HttpContext context, PackageFormat format, Guard guard)
    {
        var record = new TrailRecord
        {
            Source = CodeArtifact,
            Name = guard.Name,
            IsReadOnly = guard.Action == Core.Access.AccessActions.ReadFromRepository,
            Address = context.Connection.RemoteIpAddress,
            UserAgent = UserAgent(context),
            Method = context.Request.Method,
            Path = PathOf(context),
            Format = format.Name,
        };
        context.Features.Set(record);
        return record;
    }

    /// <summary>The operation, once it is known.</summary>
    public static void Call(this TrailRecord record, string source, string name) =>
        (record.Source, record.Name, record.IsReadOnly) = (source, name, Reads(name));

    /// <summary>The domain and the repository that the request is about; both exist.</summary>
    public static void Concern(this TrailRecord record, DomainSnapshot domain, RepositorySnapshot? repository)
    {
        (record.DomainId, record.DomainName, record.DomainOwner) = (domain.Id, domain.Name, domain.Owner);
        (record.Repository, record.Administrator) = (repository?.Name ?? record.Repository, repository?.Administrator);
    }

    /// <summary>What the address of an unauthenticated request names, as it is written there; nobody knows whether it exists.</summary>
    public static void Ask(this TrailRecord record, RouteValueDictionary values)
    {
        if (record.DomainId == 0 && values["domain"] is string label && label.LastIndexOf('-') is > 0 and var hyphen)
        {
            (record.DomainName, record.DomainOwner) = (label[..hyphen], label[(hyphen + 1)..]);
            record.Repository = values["repository"] as string;
        }
    }

    /// <summary>Hands the record on, now that the request is done.</summary>
    /// <param name="refusal">What the client was told instead of an answer.</param>
    /// <returns>The record; null where the request was on no plane.</returns>
    public static TrailRecord? End(HttpContext context, TrailQueue queue, Refusal? refusal)
    {
        var status = context.Response.StatusCode;
        var record = Of(context);
        if (record is null && (refusal is null && status < StatusCodes.Status400BadRequest))
        {
            return null;
        }

        record ??= Stray(context);
        if (refusal is not null)
        {
            record?.ErrorCode ??= AwsErrors.NameOf(refusal);
            record?.ErrorMessage ??= refusal.Message;
        }
        else if (status >= StatusCodes.Status400BadRequest)
        {
            record?.ErrorCode ??= $"HTTP{status}";
        }

        if (record is not null)
        {
            queue.Add(record);
        }

        return record;
    }

    /// <summary>The record of what was refused before it reached a plane, if it was on the way to one.</summary>
    private static TrailRecord? Stray(HttpContext context)
    {
        const string Unknown = "UnknownOperation";
        var target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        var path = target.AsSpan(0, target.IndexOf('?', StringComparison.Ordinal) is >= 0 and var end ? end : target.Length);
        if (path.StartsWith("/v1/", StringComparison.OrdinalIgnoreCase) || path is "/")
        {
            return Begin(context, CodeArtifact, Unknown);
        }

        var format = path.Length > 1 && path[1..].IndexOf('/') is > 0 and var slash ? PackageFormats.Find(path.Slice(1, slash).ToString()) : null;
        return format is null ? null : new TrailRecord
        {
            Source = CodeArtifact,
            Name = Unknown,
            IsReadOnly = HttpMethods.IsGet(context.Request.Method) || HttpMethods.IsHead(context.Request.Method),
            Address = context.Connection.RemoteIpAddress,
            UserAgent = UserAgent(context),
            Method = Cut(context.Request.Method),
            Path = Harmless(path),
            Format = format.Name,
        };
    }

    private static bool Reads(string name) =>
        name != "GetAuthorizationToken" && Reading.Any(verb => name.StartsWith(verb, StringComparison.Ordinal));

    private static string UserAgent(HttpContext context) => Cut(context.Request.Headers.UserAgent.ToString());

    private static string Cut(string text) => text.Length <= LongestText ? text : text[..LongestText];

    /// <summary>
    /// The path without domain and repository, which the record names beside it, as CloudTrail has it. Of npm's logout, which has
    /// a token in its path, the route.
    /// </summary>
    private static string PathOf(HttpContext context)
    {
        var path = context.Request.RouteValues.ContainsKey("token") && context.GetEndpoint() is RouteEndpoint { RoutePattern.RawText: { } route }
            ? route
            : context.Request.Path.Value!;
        var format = path.IndexOf('/', 1);
        var rest = format;
        for (var segments = 0; segments < 3 && rest >= 0; segments++)
        {
            rest = path.IndexOf('/', rest + 1);
        }

        return Cut(rest < 0 ? path : string.Concat(path.AsSpan(0, format), path.AsSpan(rest)));
    }

    /// <summary>A path that no route knows, so that nobody knows what is in it either.</summary>
    private static string Harmless(ReadOnlySpan<char> path)
    {
        var shown = new List<string>();
        foreach (var range in path[1..].Split('/'))
        {
            var segment = path[1..][range];
            if (shown.Count > 0 && shown[^1].Contains("token", StringComparison.OrdinalIgnoreCase))
            {
                shown.Add(TrailRecord.Hidden);
                break;
            }

            shown.Add(segment.Length > LongestShown ? TrailRecord.Hidden : segment.ToString());
        }

        return Cut($"/{string.Join('/', shown)}");
    }
}
