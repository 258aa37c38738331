using System.CommandLine;
using System.Data.Common;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Granary.Core;
using Granary.Core.Access;
using Granary.Core.Access.Identities;
using Granary.Core.Database;
using Granary.Core.Domains;
using Granary.Core.Explanations;
using Granary.Core.Packages;
using Granary.Formats;
using Granary.Server.GranaryApi;
using Granary.Server.Hosting;
using Microsoft.EntityFrameworkCore;

namespace Granary.Server.Commands;

/// <summary>
/// <c>granary explain PACKAGE VERSION</c>: why a version is seen through a repository, or is not. It works on the database itself, beside a
/// running server or without one, for whoever the operator names.
/// </summary>
internal static class ExplainCommand
{
    private static readonly Argument<string> Package = new("package") { Description = "As its format writes it, such as left-pad or @acme/left." };
    private static readonly Argument<string> Version = new("version") { Description = "The version that is seen, or is not." };
    private static readonly Option<string> Format = new("--format") { Description = "The package's format.", DefaultValueFactory = _ => "npm" };
    private static readonly Option<string> Repository = new("--repository") { Description = "The repository that a client would ask.", DefaultValueFactory = _ => FirstStart.RepositoryName };
    private static readonly Option<string> Domain = new("--domain") { Description = "Its domain.", DefaultValueFactory = _ => FirstStart.DomainName };
    private static readonly Option<string?> Owner = new("--domain-owner") { Description = "The account that owns the domain. Default: the only one with a domain of that name." };
    private static readonly Option<string?> Principal = new("--principal") { Description = "The ARN of the user or role who would ask. Default: the account that owns the domain." };
    private static readonly Option<bool> Json = new("--json") { Description = "Write what GET /granary/v1/explain answers." };
    private static readonly Option<string> Data = new("--data") { Description = "The data directory.", DefaultValueFactory = _ => ServeOptions.DefaultData };
    private static readonly Option<string?> Database = new("--database") { Description = "A PostgreSQL connection string. Default: as the server's." };

    public static Command Create()
    {
        var command = new Command("explain", "Say why a version of a package is visible, hidden, blocked or denied.")
        {
            Package, Version, Format, Repository, Domain, Owner, Principal, Json, Data, Database,
        };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        try
        {
            var options = Settings.Read(parsed.GetValue(Data)!, null, parsed.GetValue(Database), quickstart: false);
            using var data = DataDirectory.Beside(options.Data);
            await using var app = GranaryHost.Build(options, data);
            var question = await QuestionAsync(parsed, app.Services, cancellation);
            var explanation = await app.Services.GetRequiredService<Explainer>().ExplainAsync(question, cancellation);
            await WriteAsync(parsed, question, explanation);
            return 0;
        }
        catch (Exception failure) when (failure is InvalidOperationException or IOException or FormatException or InvalidDataException or DbException or Refusal)
        {
            await parsed.InvocationConfiguration.Error.WriteLineAsync($"granary: {failure.Message}");
            return 1;
        }
    }

    private static async Task<ExplanationQuestion> QuestionAsync(ParseResult parsed, IServiceProvider services, CancellationToken cancellation)
    {
        var format = PackageFormats.Find(parsed.GetValue(Format)!)
            ?? throw new FormatException($"--format: '{parsed.GetValue(Format)}' is none of {string.Join(", ", PackageFormats.All.Select(f => f.Name))}.");
        var name = parsed.GetValue(Domain)!;
        var owner = await OwnerAsync(parsed, services, name, cancellation);
        var domain = await services.GetRequiredService<DomainDirectory>().FindAsync(owner, name, cancellation)
            ?? throw new InvalidOperationException($"Account {owner} has no domain {name}.");
        var repository = domain.Repository(parsed.GetValue(Repository)!)
            ?? throw new InvalidOperationException($"Domain {name} has no repository {parsed.GetValue(Repository)}. Name one with --repository.");
        return new ExplanationQuestion(
            await PrincipalAsync(parsed, services, owner, cancellation),
            new RequestFacts(null, IsSecure: true),
            domain,
            repository,
            Coordinate(format, parsed.GetValue(Package)!),
            format.NormalizeVersion(parsed.GetValue(Version)!));
    }

    // A scope, a group or another namespace stands before the name, after an @ or not.
    private static PackageCoordinate Coordinate(PackageFormat format, string text)
    {
        var slash = text.LastIndexOf('/');
        return slash < 0 ? format.Coordinate(null, text) : format.Coordinate(text[..slash].TrimStart('@'), text[(slash + 1)..]);
    }

    private static async Task<string> OwnerAsync(ParseResult parsed, IServiceProvider services, string domain, CancellationToken cancellation)
    {
        if (parsed.GetValue(Owner) is { } owner)
        {
            return owner;
        }

        await using var db = services.GetRequiredService<GranaryDatabase>().Open();
        return await db.Domains.Where(d => d.Name == domain).Select(d => d.Owner).Take(2).ToListAsync(cancellation) switch
        {
            [var only] => only,
            [] => throw new InvalidOperationException($"There is no domain {domain}. Name one with --domain."),
            _ => throw new InvalidOperationException($"Several accounts have a domain {domain}. Name one with --domain-owner."),
        };
    }

    private static async Task<Principal> PrincipalAsync(ParseResult parsed, IServiceProvider services, string owner, CancellationToken cancellation)
    {
        if (parsed.GetValue(Principal) is not { } arn || arn == IamArns.Root(owner))
        {
            return new Principal(owner, IamArns.Root(owner));
        }

        var (account, kind, name) = IamArns.Principal(arn)
            ?? throw new FormatException($"--principal: '{arn}' is not the ARN of a user or a role, such as arn:aws:iam::123456789012:user/dora.");
        var found = await services.GetRequiredService<IdentityStore>().FindAsync(account, kind, name, cancellation);
        return found is not null && IamArns.Of(found) == arn
            ? new Principal(account, arn) { IdentityId = found.Id }
            : throw new InvalidOperationException($"There is no user or role {arn}.");
    }

    private static async Task WriteAsync(ParseResult parsed, ExplanationQuestion question, Explanation explanation)
    {
        var output = parsed.InvocationConfiguration.Output;
        var response = ExplainEndpoint.Answer(question, explanation);
        if (parsed.GetValue(Json))
        {
            var options = new JsonSerializerOptions();
            GranaryJson.Configure(options);
            await output.WriteLineAsync(JsonSerializer.Serialize(response, (JsonTypeInfo<ExplainResponse>)options.GetTypeInfo(typeof(ExplainResponse))));
            return;
        }

        await output.WriteLineAsync($"{Wire(response.Outcome)}: {response.Summary}\n");
        var number = 0;
        foreach (var step in response.Steps)
        {
            await output.WriteLineAsync($"{++number,3}. {step.Text}");
        }
    }

    private static string Wire(ExplanationOutcome outcome) => JsonNamingPolicy.SnakeCaseUpper.ConvertName(outcome.ToString());
}
