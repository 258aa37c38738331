using Granary.Formats;
using Microsoft.Extensions.Primitives;

namespace Granary.Tests.Formats;

public sealed class ContentCodingsTests
{
    [Theory]
    [InlineData("gzip", true)]
    [InlineData("GZIP", true)]
    [InlineData("gzip, deflate, br", true)]
    [InlineData("br;q=1.0, gzip;q=0.5", true)]
    [InlineData("gzip;q=0.001", true)]
    [InlineData("GZip ; q=1", true)]
    [InlineData("gzip;q=0", false)]
    [InlineData("gzip;q=0.0", false)]
    [InlineData("GZIP;Q=0.000", false)]
    [InlineData("identity;q=1, gzip;q=0", false)]
    [InlineData("identity", false)]
    [InlineData("x", false)]
    [InlineData("*", false)]
    [InlineData("", false)]
    [InlineData("gzip;q=", false)]
    [InlineData("gzip;q=;", false)]
    [InlineData("gzip;;", false)]
    public void Takes_gzip_where_the_client_names_it_and_does_not_refuse_it(string header, bool takes) =>
        Assert.Equal(takes, ContentCodings.TakesGzip(header));

    [Fact]
    public void Reads_several_headers_as_one()
    {
        Assert.True(ContentCodings.TakesGzip(new StringValues(["br", "gzip"])));
        Assert.True(ContentCodings.TakesGzip(new StringValues(["br;q=0.5", "gzip;q=0.4"])));
        Assert.False(ContentCodings.TakesGzip(new StringValues(["br", "gzip;q=0"])));
        Assert.False(ContentCodings.TakesGzip(default));
    }
}
