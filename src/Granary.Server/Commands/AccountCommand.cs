using System.CommandLine;
using System.Data.Common;
using System.Text.RegularExpressions;
using Granary.Core;
using Granary.Core.Access.Identities;
using Granary.Core.Events;
using Granary.Core.Trail;
using Granary.Server.Authentication;
using Granary.Server.Hosting;
using Microsoft.EntityFrameworkCore;

namespace Granary.Server.Commands;

/// <summary>
/// <c>granary account create ID</c> and <c>granary account list</c>. They work on the database itself, beside a running server or
/// without one: who can read the data directory's keys is the operator.
/// </summary>
internal static partial class AccountCommand
{
    private static readonly Option<string> Data = new("--data") { Description = "The data directory.", DefaultValueFactory = _ => ServeOptions.DefaultData };
    private static readonly Option<string?> Database = new("--database") { Description = "A PostgreSQL connection string. Default: as the server's." };
    private static readonly Option<string?> Profile = new("--profile") { Description = "The name of the profile that the AWS files get. Default: the account's id." };
    private static readonly Argument<string> Id = new("id") { Description = "Twelve digits." };

    public static Command Create() => new("account", "Create and list the accounts of a server.")
    {
        With(new Command("create", "Create an account with an administrator, and a profile for the AWS CLI.") { Id, Data, Database, Profile }, CreateAsync),
        With(new Command("list", "List the accounts, one a line.") { Data, Database }, ListAsync),
    };

    private static Command With(Command command, Func<ParseResult, CancellationToken, Task> run)
    {
        command.SetAction(async (parsed, cancellation) =>
        {
            try
            {
                await run(parsed, cancellation);
                return 0;
            }
            catch (Exception failure) when (failure is InvalidOperationException or IOException or FormatException or InvalidDataException or DbException or Refusal)
            {
                await parsed.InvocationConfiguration.Error.WriteLineAsync($"granary: {failure.Message}");
                return 1;
            }
        });
        return command;
    }

    private static async Task CreateAsync(ParseResult parsed, CancellationToken cancellation)
    {
        var id = parsed.GetValue(Id)!;
        if (!AccountId().IsMatch(id))
        {
            throw new FormatException($"'{id}' is no account: write twelve digits.");
        }

        var profile = parsed.GetValue(Profile) ?? id;
        if (!ProfileName().IsMatch(profile))
        {
            throw new FormatException($"'{profile}' is no name of a profile: write letters, digits, dots, hyphens and underscores.");
        }

        var options = Settings.Read(parsed.GetValue(Data)!, null, parsed.GetValue(Database), quickstart: false);
        using var data = DataDirectory.Beside(options.Data);
        var files = new AwsFiles(data, options.Region);
        if (files.HasProfile(profile))
        {
            throw new InvalidOperationException($"{files.Credentials} has a profile {profile} already. Name another with --profile.");
        }

        await AddAsync(options, data, id, files, profile, cancellation);
        await parsed.InvocationConfiguration.Output.WriteLineAsync(
            $"""
            The account {id} has an administrator. The profile {profile} in {files.Credentials} holds the key:

              aws sts get-caller-identity --profile {profile}
            """);
    }

    private static async Task AddAsync(ServeOptions options, DataDirectory data, string id, AwsFiles files, string profile, CancellationToken cancellation)
    {
        var database = GranaryHost.Database(options, data);
        var now = TimeProvider.System.GetUtcNow();
        var userId = UniqueId.Of(IdentityKind.User);
        var revisions = new AccountRevisions(database);
        var (key, secret) = new AccessKeys(database, new IdentityDirectory(database, revisions), new SecretSeal(data.Path)).Create(id, userId, now);
        var trail = new TrailChains(GranaryHost.Seal(data), options.Region);
        await using var log = new ChangeLog(database, new DomainStamps(database), revisions, TimeProvider.System, trail);
        var record = new TrailRecord { Source = "organizations.amazonaws.com", Name = "CreateAccount", Account = id, IsServiceEvent = true };
        await log.WriteServerAsync(
            new Actor("granary:operator", record),
            async db =>
            {
                if (await db.Accounts.AnyAsync(a => a.Id == id, CancellationToken.None))
                {
                    throw new InvalidOperationException($"There is an account {id} already.");
                }

                NewAccount.Add(db, id, userId, FirstStart.Administrator, now);
                db.AccessKeys.Add(key);
                await db.SaveChangesAsync(CancellationToken.None);
                // Before the commit: an account whose key nobody has is of no use, a profile without its account says so when it is used.
                files.AddProfile(profile, key.Id, secret);
            },
            cancellation);
    }

    private static async Task ListAsync(ParseResult parsed, CancellationToken cancellation)
    {
        var options = Settings.Read(parsed.GetValue(Data)!, null, parsed.GetValue(Database), quickstart: false);
        using var data = DataDirectory.Beside(options.Data);
        await using var db = GranaryHost.Database(options, data).Open();
        await foreach (var account in db.Accounts.AsNoTracking().OrderBy(a => a.Id).AsAsyncEnumerable().WithCancellation(cancellation))
        {
            await parsed.InvocationConfiguration.Output.WriteLineAsync($"{account.Id}\t{account.CreatedAt.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss'Z'}");
        }
    }

    [GeneratedRegex(@"\A[0-9]{12}\z")]
    private static partial Regex AccountId();

    [GeneratedRegex(@"\A[A-Za-z0-9._\-]{1,64}\z")]
    private static partial Regex ProfileName();
}
