using System.Net;
using System.Net.Sockets;

namespace Granary.ClientTests.Harness;

public static class FreePort
{
    /// <summary>Ports on loopback that nothing listened on a moment ago; all are held until the last is found, so they differ.</summary>
    public static int[] Take(int count)
    {
        var held = Enumerable.Range(0, count).Select(_ => new TcpListener(IPAddress.Loopback, 0)).ToArray();
        try
        {
            return [.. held.Select(Port)];
        }
        finally
        {
            foreach (var listener in held)
            {
                listener.Stop();
            }
        }
    }

    private static int Port(TcpListener listener)
    {
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
