using Granary.Core.Repositories;
using Granary.Formats;

namespace Granary.Server.ControlPlane;

/// <summary>The external connection of a repository.</summary>
internal static class ConnectionOperations
{
    public static async Task<IResult> AssociateAsync(Call call)
    {
        var name = call.Query.Required("external-connection", Shapes.ExternalConnectionName);
        if (FormatOf(name) is null)
        {
            var known = PackageFormats.All.SelectMany(f => f.Connections).Select(c => c.Name);
            throw Fault.Of("external-connection", $"Member must satisfy enum value set: [{string.Join(", ", known)}]");
        }

        var (_, repository) = await call.RepositoryAsync();
        var connected = await call.Service<RepositoryStore>().ConnectAsync(repository, name, call.Actor, call.Cancellation);
        return RepositoryOperations.Answer(call, connected);
    }

    public static async Task<IResult> DisassociateAsync(Call call)
    {
        var name = call.Query.Required("external-connection", Shapes.ExternalConnectionName);
        var (_, repository) = await call.RepositoryAsync();
        var disconnected = await call.Service<RepositoryStore>().DisconnectAsync(repository, name, call.Actor, call.Cancellation);
        return RepositoryOperations.Answer(call, disconnected);
    }

    /// <summary>The name of the format that the connection is a source of, or null for a name that no format has.</summary>
    public static string? FormatOf(string connection) =>
        PackageFormats.All.FirstOrDefault(f => f.Connections.Any(c => c.Name == connection))?.Name;
}
