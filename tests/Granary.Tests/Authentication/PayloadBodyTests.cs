using System.IO.Pipelines;
using Granary.Core;
using Granary.Server.Authentication;
using Microsoft.AspNetCore.Http;

namespace Granary.Tests.Authentication;

public sealed class PayloadBodyTests
{
    [Fact]
    public async Task Hashes_the_body_and_leaves_it_to_be_read()
    {
        var context = new DefaultHttpContext { Request = { Body = new MemoryStream("abc"u8.ToArray()), ContentLength = 3 } };

        var body = await PayloadBody.ReadAsync(context.Request, cancellationToken: TestContext.Current.CancellationToken);

        Assert.Equal("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", body.Sha256);
        Assert.Equal("abc"u8, body.Bytes.Span);
        using var again = new StreamReader(context.Request.Body);
        Assert.Equal("abc", await again.ReadToEndAsync(TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData(1000, null, true)]
    [InlineData(1001, null, false)]
    [InlineData(0, 1001, false)]
    public async Task Reads_up_to_the_limit_and_no_further(int length, int? declared, bool good)
    {
        var context = new DefaultHttpContext { Request = { Body = new MemoryStream(new byte[length]), ContentLength = declared } };

        var read = PayloadBody.ReadAsync(context.Request, 1000, TestContext.Current.CancellationToken);

        if (good)
        {
            Assert.Equal(length, (await read).Bytes.Length);
        }
        else
        {
            Assert.Equal(RefusalKind.TooLarge, (await Assert.ThrowsAsync<Refusal>(() => read)).Kind);
        }
    }

    [Fact]
    public async Task Joins_a_body_that_arrives_in_parts()
    {
        var pipe = new Pipe();
        var context = new DefaultHttpContext { Request = { Body = pipe.Reader.AsStream() } };
        var read = PayloadBody.ReadAsync(context.Request, cancellationToken: TestContext.Current.CancellationToken);
        foreach (var part in (byte[][])["a"u8.ToArray(), "b"u8.ToArray(), "c"u8.ToArray()])
        {
            await pipe.Writer.WriteAsync(part, TestContext.Current.CancellationToken);
        }

        await pipe.Writer.CompleteAsync();

        var body = await read;
        Assert.Equal("abc"u8, body.Bytes.Span);
    }
}
