using Granary.Server.Authentication;
using Granary.Server.Hosting;

namespace Granary.Server.Commands;

/// <summary>Where a command works that writes what a server writes too.</summary>
internal static class MaintenanceDirectory
{
    /// <summary>Beside the servers on PostgreSQL; SQLite has one writing process, so that there the server must be stopped.</summary>
    /// <param name="does">What a running server does by itself, as in "it collects".</param>
    /// <exception cref="InvalidOperationException">There is no Granary there, or a server is running on SQLite.</exception>
    public static DataDirectory Open(ServeOptions options, string does)
    {
        if (options.Database is not null)
        {
            return DataDirectory.Beside(options.Data);
        }

        if (!File.Exists(Path.Combine(options.Data, "keys", SecretSeal.FileName)))
        {
            throw new InvalidOperationException($"There is no Granary in {options.Data}. Name its data directory with --data.");
        }

        try
        {
            return DataDirectory.Open(options.Data);
        }
        catch (InvalidOperationException failure)
        {
            throw new InvalidOperationException($"{failure.Message} A server that runs {does} by itself.", failure);
        }
    }
}
