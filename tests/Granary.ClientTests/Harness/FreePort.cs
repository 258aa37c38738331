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

    /// <summary>Listens on one, another one where somebody was faster.</summary>
    public static HttpListener Listen()
    {
        for (var attempt = 1; ; attempt++)
        {
            var listener = new HttpListener { Prefixes = { $"http://127.0.0.1:{Take(1)[0]}/" } };
            try
            {
                listener.Start();
                return listener;
            }
            catch (HttpListenerException) when (attempt < 20)
            {
                listener.Close();
            }
        }
    }

    private static int Port(TcpListener listener)
    {
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
