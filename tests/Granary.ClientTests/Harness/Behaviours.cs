using System.IO.Compression;
using System.Text;

namespace Granary.ClientTests.Harness;

/// <summary>The ways in which public sources go wrong.</summary>
public static class Behaviours
{
    /// <summary>Longer than any limit under test: whoever waits for this has no limit.</summary>
    private static readonly TimeSpan Forever = TimeSpan.FromMinutes(10);

    public static Behaviour Status(int status, params string[] headers) =>
        exchange => exchange.SendAsync(status, "application/json", Encoding.UTF8.GetBytes($"{{\"error\":\"status {status}\"}}"), headers);

    /// <summary>What a captive portal or an expired session of a proxy answers.</summary>
    public static Behaviour LoginPage() => exchange => exchange.SendAsync(
        200, "text/html; charset=utf-8", "<!DOCTYPE html><html><body>Please <a href=\"/login\">log in</a></body></html>"u8.ToArray());

    /// <summary>Accepts the request and never says a word.</summary>
    public static Behaviour Silence() => _ => Task.Delay(Forever);

    /// <summary>Sends the head and half of the body, then nothing more.</summary>
    public static Behaviour HalfThenSilence(byte[] body) => async exchange =>
    {
        await exchange.HeadAsync(200, "Content-Type: application/octet-stream", $"Content-Length: {body.Length}");
        await exchange.Stream.WriteAsync(body.AsMemory(0, body.Length / 2));
        await Task.Delay(Forever);
    };

    public static Behaviour CloseWithoutAnswer() => _ => Task.CompletedTask;

    /// <summary>Promises all of the body, sends half of it and closes in good order.</summary>
    public static Behaviour HalfThenClose(byte[] body) => async exchange =>
    {
        await exchange.HeadAsync(200, "Content-Type: application/octet-stream", $"Content-Length: {body.Length}");
        await exchange.Stream.WriteAsync(body.AsMemory(0, body.Length / 2));
    };

    /// <summary>A chunked body that ends without its last chunk.</summary>
    public static Behaviour ChunkedCut(byte[] body) => async exchange =>
    {
        await exchange.HeadAsync(200, "Content-Type: application/octet-stream", "Transfer-Encoding: chunked");
        await exchange.WriteAsync($"{body.Length / 2:x}\r\n");
        await exchange.Stream.WriteAsync(body.AsMemory(0, body.Length / 2));
        await exchange.WriteAsync("\r\n");
    };

    /// <summary>Half of the body without any length: only the digest can tell that it is not all.</summary>
    public static Behaviour HalfWithoutLength(byte[] body) => async exchange =>
    {
        await exchange.HeadAsync(200, "Content-Type: application/octet-stream");
        await exchange.Stream.WriteAsync(body.AsMemory(0, body.Length / 2));
    };

    public static Behaviour Bytes(byte[] body, string type = "application/octet-stream") => exchange => exchange.SendAsync(200, type, body);

    /// <summary>The whole body, in <paramref name="pieces"/> with a pause after each.</summary>
    public static Behaviour Slowly(byte[] body, int pieces, TimeSpan pause) => async exchange =>
    {
        await exchange.HeadAsync(200, "Content-Type: application/octet-stream", $"Content-Length: {body.Length}");
        foreach (var piece in body.Chunk((body.Length + pieces - 1) / pieces))
        {
            await exchange.Stream.WriteAsync(piece);
            await Task.Delay(pause);
        }
    };

    public static Behaviour RedirectTo(Uri target, int status = 302) =>
        exchange => exchange.HeadAsync(status, $"Location: {target.AbsoluteUri}", "Content-Length: 0");

    /// <summary>Redirects to itself with a counter in the query, and serves normally after <paramref name="hops"/> of them.</summary>
    public static Behaviour RedirectChain(int hops) => exchange =>
    {
        var query = exchange.Request.Target.Split('?');
        var hop = query.Length > 1 ? int.Parse(query[1].AsSpan("hop=".Length), System.Globalization.CultureInfo.InvariantCulture) : 0;
        return hop < hops
            ? exchange.HeadAsync(302, $"Location: {query[0]}?hop={hop + 1}", "Content-Length: 0")
            : exchange.Source.ServeAsync(exchange);
    };

    /// <summary>Well-formed JSON of a gigabyte in a megabyte of gzip.</summary>
    public static Behaviour GzipBomb()
    {
        var bomb = new Lazy<byte[]>(MakeBomb);
        return exchange => exchange.SendAsync(200, "application/json", bomb.Value, "Content-Encoding: gzip");
    }

    /// <summary>Serves normally, but only after <paramref name="gate"/> is released.</summary>
    public static Behaviour After(Task gate) => async exchange =>
    {
        await gate;
        await exchange.Source.ServeAsync(exchange);
    };

    private static byte[] MakeBomb()
    {
        var spaces = new byte[1024 * 1024];
        Array.Fill(spaces, (byte)' ');
        using var bytes = new MemoryStream();
        using (var gzip = new GZipStream(bytes, CompressionLevel.Fastest, leaveOpen: true))
        {
            gzip.Write("{\"name\":\"bomb\","u8);
            for (var i = 0; i < 1024; i++)
            {
                gzip.Write(spaces);
            }

            gzip.Write("\"versions\":{}}"u8);
        }

        return bytes.ToArray();
    }
}
