using Granary.Core.Database;
using Granary.Formats;
using Granary.Server.Hosting;
using Microsoft.EntityFrameworkCore;

namespace Granary.Server.Diagnosis;

/// <summary>The public sources: where the address of each was found, and whether it answers.</summary>
internal static class SourceCheck
{
    private const string Topic = "source";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public static async Task<IReadOnlyList<Finding>> RunAsync(Patient patient, GranaryDatabase? database, CancellationToken cancellation)
    {
        var memory = Directory.Exists(patient.Under("keys")) ? new SourceMemory(patient.Under("keys", "sources.json")) : null;
        var sources = new Sources(Settings.Configuration(patient.Data), memory);
        var used = database is null ? [] : await UsedAsync(database, cancellation);
        using var client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, ConnectTimeout = Patience }) { Timeout = Patience };
        var faults = sources.Faults().Select(fault => Finding.Bad(Topic, fault, "Correct it in granary.json or in the environment."));
        var asked = await Task.WhenAll(Sources.Connections.Select(name => AskAsync(client, sources, name, used.Contains(name), cancellation)));
        return [.. faults, .. asked.OfType<Finding>()];
    }

    private static async Task<HashSet<string>> UsedAsync(GranaryDatabase database, CancellationToken cancellation)
    {
        await using var db = database.Open();
        return [.. await db.Repositories.AsNoTracking().Where(r => r.ExternalConnection != null).Select(r => r.ExternalConnection!).Distinct().ToListAsync(cancellation)];
    }

    /// <summary>Null where there is nothing to say: no repository uses the connection, and it has no address.</summary>
    private static async Task<Finding?> AskAsync(HttpClient client, Sources sources, string name, bool isUsed, CancellationToken cancellation)
    {
        var found = await sources.ResolveAsync(name, cancellation);
        if (found.Source is not { Address: { } address })
        {
            return isUsed ? Finding.Note(Topic, $"{name} has no address, so its packages are not found. {found.Why}") : null;
        }

        try
        {
            // Any answer will do: what is at the root, and who may see it, is for the source to say.
            using var answer = await client.GetAsync(address, HttpCompletionOption.ResponseHeadersRead, cancellation);
            var said = $"{name} at {address.Host} (learnt from: {found.Why}) answers {(int)answer.StatusCode}";
            return (int)answer.StatusCode < 500
                ? Finding.Good(Topic, said)
                : Finding.Bad(Topic, said, "The source fails at the moment. What is stored goes on being served; see the page of its operator.");
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException || (failure is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            var reason = failure is OperationCanceledException ? $"it did not answer within {Patience.TotalSeconds:0} s" : failure.Message;
            var what = $"{name} at {address.Host} (learnt from: {found.Why}): {reason}";
            if (!isUsed)
            {
                return Finding.Note(Topic, $"{what}. No repository is connected to it.");
            }

            return Finding.Bad(
                Topic, what,
                $"See that this machine may reach {address.GetLeftPart(UriPartial.Authority)} (firewall, DNS, proxy), or name another address as {Sources.Section}:{name}.");
        }
    }
}
