using System.CommandLine;
using System.Data.Common;
using System.Globalization;
using Granary.Core.Access;
using Granary.Core.Database;
using Granary.Core.Events.Buses;
using Granary.Core.Events.Delivery;
using Granary.Server.Events.Targets;
using Granary.Server.Hosting;

namespace Granary.Server.Commands;

/// <summary>
/// <c>granary events</c>: what happens to packages as it happens, what waits for the targets of rules, and what they did not take. It
/// works on the database itself, beside a running server or without one.
/// </summary>
internal static class EventsCommand
{
    private const int MostLetters = 1000;

    private static readonly Option<string> Data = new("--data") { Description = "The data directory.", DefaultValueFactory = _ => ServeOptions.DefaultData };
    private static readonly Option<string?> Database = new("--database") { Description = "A PostgreSQL connection string. Default: as the server's." };
    private static readonly Option<string?> Account = new("--account") { Description = "Only of this account." };
    private static readonly Option<string?> Rule = new("--rule") { Description = "Only of this rule." };
    private static readonly Option<string?> Target = new("--target") { Description = "Only of the target with this id." };
    private static readonly Option<string?> Since = new("--since") { Description = "The first moment, such as 2026-01-31T12:00:00Z. Default: now." };
    private static readonly Argument<string> Destination = new("destination") { Description = "The ARN of an API destination." };
    private static readonly Option<bool> NoFollow = new("--no-follow") { Description = "End after what has happened by now." };

    public static Command Create()
    {
        var tail = new Command("tail", "Write each event of a package version as a line of JSON, as it happens.") { Since, NoFollow, Account, Data, Database };
        tail.SetAction((parsed, cancellation) => RunAsync(parsed, TailAsync, cancellation));
        var queues = new Command("queues", "Show what waits for each target, and what it did not take.") { Data, Database };
        queues.SetAction((parsed, cancellation) => RunAsync(parsed, QueuesAsync, cancellation));
        var letters = new Command("dead-letters", "Write each event that a target did not take as a line of JSON, after the reason.") { Account, Rule, Target, Data, Database };
        letters.SetAction((parsed, cancellation) => RunAsync(parsed, LettersAsync, cancellation));
        var redrive = new Command("redrive", "Offer events again that a target did not take.") { Account, Rule, Target, Data, Database };
        redrive.SetAction((parsed, cancellation) => RunAsync(parsed, RedriveAsync, cancellation));
        var forget = new Command("forget", "Remove events that a target did not take.") { Account, Rule, Target, Data, Database };
        forget.SetAction((parsed, cancellation) => RunAsync(parsed, ForgetAsync, cancellation));
        var secret = new Command("secret", "Show the secret that requests to an API destination are signed with.") { Destination, Data };
        secret.SetAction(SecretAsync);
        return new Command("events", "Watch events and their delivery.") { tail, queues, letters, redrive, forget, secret };
    }

    private static async Task<int> RunAsync(
        ParseResult parsed, Func<ParseResult, ServeOptions, GranaryDatabase, CancellationToken, Task> work, CancellationToken cancellation)
    {
        try
        {
            var options = Settings.Read(parsed.GetValue(Data)!, null, parsed.GetValue(Database), quickstart: false);
            await work(parsed, options, DatabaseBeside.Open(options), cancellation);
            return 0;
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            return 0;
        }
        catch (Exception failure) when (failure is InvalidOperationException or IOException or FormatException or InvalidDataException or DbException or UnauthorizedAccessException)
        {
            await parsed.InvocationConfiguration.Error.WriteLineAsync($"granary: {failure.Message}");
            return 1;
        }
    }

    private static async Task TailAsync(ParseResult parsed, ServeOptions options, GranaryDatabase database, CancellationToken cancellation)
    {
        var output = parsed.InvocationConfiguration.Output;
        var tail = new EventTail(database, new ResourceArns(options.Region), TimeProvider.System);
        await foreach (var told in tail.RunAsync(parsed.GetValue(Account), Moment(parsed), !parsed.GetValue(NoFollow), cancellation))
        {
            await output.WriteAsync(told.Json);
            await output.WriteAsync('\n');
            await output.FlushAsync(cancellation);
        }
    }

    private static async Task QueuesAsync(ParseResult parsed, ServeOptions options, GranaryDatabase database, CancellationToken cancellation)
    {
        var output = parsed.InvocationConfiguration.Output;
        foreach (var queue in await new DeadLetters(database).FiguresAsync(cancellation))
        {
            var (account, bus, rule, target) = queue.Target;
            await output.WriteLineAsync(string.Create(
                CultureInfo.InvariantCulture,
                $"{account}\t{bus}/{rule}/{target}\twaiting {queue.Waiting}\tdead {queue.Dead}\t{(queue.Oldest is { } oldest ? $"since {EventTime.Format(oldest)}" : "")}\t{queue.LastError}"));
        }
    }

    private static async Task LettersAsync(ParseResult parsed, ServeOptions options, GranaryDatabase database, CancellationToken cancellation)
    {
        var output = parsed.InvocationConfiguration.Output;
        var letters = await new DeadLetters(database).ListAsync(Filter(parsed), MostLetters, cancellation);
        foreach (var letter in letters)
        {
            await output.WriteLineAsync(string.Create(
                CultureInfo.InvariantCulture,
                $"{EventTime.Format(letter.DeadAt)}\t{letter.Bus}/{letter.Rule}/{letter.Target}\t{letter.Attempts} attempts\t{letter.Reason}\t{letter.Event}"));
        }

        if (letters.Count == MostLetters)
        {
            await parsed.InvocationConfiguration.Error.WriteLineAsync($"granary: These are the first {MostLetters}. Name a rule or a target to see others.");
        }
    }

    private static async Task RedriveAsync(ParseResult parsed, ServeOptions options, GranaryDatabase database, CancellationToken cancellation)
    {
        var count = await new DeadLetters(database).RedriveAsync(Filter(parsed), cancellation);
        await parsed.InvocationConfiguration.Output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"Events that are offered again: {count}."));
    }

    private static async Task ForgetAsync(ParseResult parsed, ServeOptions options, GranaryDatabase database, CancellationToken cancellation)
    {
        var count = await new DeadLetters(database).ForgetAsync(Filter(parsed), cancellation);
        await parsed.InvocationConfiguration.Output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"Events that were removed: {count}."));
    }

    private static async Task<int> SecretAsync(ParseResult parsed, CancellationToken cancellation)
    {
        var (arn, data) = (parsed.GetValue(Destination)!, parsed.GetValue(Data)!);
        if (TargetArn.Parse(arn) is not { Kind: TargetKind.ApiDestination } found)
        {
            await parsed.InvocationConfiguration.Error.WriteLineAsync($"granary: '{arn}' is not the ARN of an API destination, as aws events describe-api-destination shows it.");
            return 1;
        }

        if (!File.Exists(Path.Combine(data, "keys", WebhookKeys.FileName)))
        {
            await parsed.InvocationConfiguration.Error.WriteLineAsync($"granary: There are no keys in {Path.GetFullPath(data)}. Name the data directory with --data.");
            return 1;
        }

        await parsed.InvocationConfiguration.Output.WriteLineAsync(new WebhookKeys(data).SecretOf(found.Resource[(found.Resource.LastIndexOf('/') + 1)..]));
        return 0;
    }

    private static DeadLetterFilter Filter(ParseResult parsed) => new(parsed.GetValue(Account), parsed.GetValue(Rule), parsed.GetValue(Target));

    private static DateTimeOffset Moment(ParseResult parsed) => parsed.GetValue(Since) is not { } text
        ? parsed.GetValue(NoFollow) ? DateTimeOffset.UnixEpoch : TimeProvider.System.GetUtcNow()
        : DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var moment)
            ? moment
            : throw new FormatException($"{Since.Name}: '{text}' is no moment. Write one such as 2026-01-31T12:00:00Z.");
}
