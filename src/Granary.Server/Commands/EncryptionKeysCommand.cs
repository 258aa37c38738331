using System.CommandLine;
using System.Data.Common;
using System.Text.RegularExpressions;
using Granary.Core;
using Granary.Core.Access.Identities;
using Granary.Core.Database;
using Granary.Core.Events;
using Granary.Core.Trail;
using Granary.Server.Encryption;
using Granary.Server.Hosting;
using Microsoft.EntityFrameworkCore;

namespace Granary.Server.Commands;

/// <summary>
/// <c>granary keys encryption create|list|disable|enable</c>: the keys for encrypted domains that this server keeps itself. They work on the
/// database, beside a running server or without one.
/// </summary>
internal static partial class EncryptionKeysCommand
{
    private static readonly Option<string> Data = new("--data") { Description = "The data directory.", DefaultValueFactory = _ => ServeOptions.DefaultData };
    private static readonly Option<string?> Database = new("--database") { Description = "A PostgreSQL connection string. Default: as the server's." };
    private static readonly Option<string> Account = new("--account") { Description = "The account of the key.", DefaultValueFactory = _ => FirstStart.AccountId };
    private static readonly Option<string?> Alias = new("--alias") { Description = "A name for it, such as alias/assets." };
    private static readonly Argument<string> Key = new("key") { Description = "Its id, ARN or alias." };

    public static Command Create() => new("encryption", "The keys of encrypted domains.")
    {
        With(new Command("create", "Make a key, and print its ARN for aws codeartifact create-domain --encryption-key.") { Data, Database, Account, Alias }, CreateAsync),
        With(new Command("list", "List the keys of all accounts, one a line.") { Data, Database }, ListAsync),
        With(new Command("disable", "Refuse everything of the domains that are encrypted under the key, until it is enabled.") { Key, Data, Database, Account }, (work, cancellation) => SetAsync(work, false, cancellation)),
        With(new Command("enable", "Let a disabled key be used again.") { Key, Data, Database, Account }, (work, cancellation) => SetAsync(work, true, cancellation)),
    };

    private static Command With(Command command, Func<Work, CancellationToken, Task> run)
    {
        command.SetAction(async (parsed, cancellation) =>
        {
            try
            {
                var options = Settings.Read(parsed.GetValue(Data)!, null, parsed.GetValue(Database), quickstart: false);
                if (options.Kms is not null)
                {
                    throw new InvalidOperationException("The settings say Encryption:Keys kms: its keys are made, listed, disabled and enabled there, as with aws kms create-key.");
                }

                using var data = DataDirectory.Beside(options.Data);
                TransferCommand.DemandDatabase(options, data);
                var database = GranaryHost.Database(options, data);
                await using var log = new ChangeLog(
                    database, new DomainStamps(database), new AccountRevisions(database), TimeProvider.System, new TrailChains(GranaryHost.Seal(data), options.Region));
                await run(new Work(parsed, database, new LocalKeyStore(data.Path, options.Region, log, TimeProvider.System), options), cancellation);
                return 0;
            }
            catch (Exception failure) when (failure is InvalidOperationException or IOException or FormatException or InvalidDataException or DbException or UnauthorizedAccessException or Refusal)
            {
                await parsed.InvocationConfiguration.Error.WriteLineAsync($"granary: {failure.Message}");
                return 1;
            }
        });
        return command;
    }

    private static async Task CreateAsync(Work work, CancellationToken cancellation)
    {
        var alias = work.Parsed.GetValue(Alias) is { } name ? name.StartsWith("alias/", StringComparison.Ordinal) ? name["alias/".Length..] : name : null;
        if (alias is not null && !AliasName().IsMatch(alias))
        {
            throw new FormatException($"'{alias}' is no alias: write letters, digits, hyphens, underscores and slashes, at most 250.");
        }

        var account = work.Parsed.GetValue(Account)!;
        await using (var db = work.Database.Open())
        {
            if (!await db.Accounts.AnyAsync(a => a.Id == account, cancellation))
            {
                throw new InvalidOperationException($"There is no account {account}. Make it first: granary account create {account}");
            }
        }

        var arn = await work.Store.CreateAsync(account, alias, cancellation);
        await work.Parsed.InvocationConfiguration.Output.WriteLineAsync(arn);
    }

    private static async Task ListAsync(Work work, CancellationToken cancellation)
    {
        await using var db = work.Database.Open();
        await foreach (var key in db.EncryptionKeys.AsNoTracking().OrderBy(k => k.AccountId).ThenBy(k => k.CreatedAt).AsAsyncEnumerable().WithCancellation(cancellation))
        {
            await work.Parsed.InvocationConfiguration.Output.WriteLineAsync($"{key.Arn}\t{(key.Alias is null ? "-" : $"alias/{key.Alias}")}\t{(key.IsEnabled ? "enabled" : "disabled")}");
        }
    }

    private static async Task SetAsync(Work work, bool isEnabled, CancellationToken cancellation)
    {
        var (account, named) = (work.Parsed.GetValue(Account)!, work.Parsed.GetValue(Key)!);
        var key = await LocalKeys.FindRowAsync(work.Database, account, named, cancellation)
            ?? throw new InvalidOperationException($"The account {account} has no key '{named}'. They are shown by: granary keys encryption list");
        await work.Store.SetEnabledAsync(key, isEnabled, cancellation);
        await work.Parsed.InvocationConfiguration.Output.WriteLineAsync(
            $"{key.Arn} is {(isEnabled ? "enabled" : "disabled")}. Every node acts on it within {work.Options.Encryption.KeyCache.TotalSeconds:0} s.");
    }

    // As of AWS, which keeps alias/aws/ for itself.
    [GeneratedRegex(@"\A(?!aws/)[A-Za-z0-9/_-]{1,250}\z")]
    private static partial Regex AliasName();

    private sealed record Work(ParseResult Parsed, GranaryDatabase Database, LocalKeyStore Store, ServeOptions Options);
}
