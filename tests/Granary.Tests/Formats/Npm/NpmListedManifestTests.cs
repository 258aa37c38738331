using System.Buffers;
using System.Text;
using Granary.Formats.Npm;

namespace Granary.Tests.Formats.Npm;

public sealed class NpmListedManifestTests
{
    [Theory]
    [InlineData("""{"dist":{"shasum":"1"},"name":"craft","dist":{"shasum":"2","tarball":"t","size":3}}""", ",\"shasum\":\"2\",\"size\":3")]
    [InlineData("""{"name":"craft","dist":{"shasum":"1"},"d\u0069st":{"shasum":"2"}}""", ",\"shasum\":\"2\"")]
    [InlineData("""{"dist":{"shasum":"1"},"name":"craft","dist":null}""", "")]
    [InlineData("""{"name":"craft","dist":{}}""", "")]
    [InlineData("""{"name":"craft","dist":"none"}""", "")]
    [InlineData("""{"name":"craft"}""", "")]
    [InlineData("""{"name":"craft","inner":{"dist":{"shasum":"1"}}}""", "", ",\"inner\":{\"dist\":{\"shasum\":\"1\"}}")]
    public void Of_several_dists_the_last_is_listed(string manifest, string dist, string rest = "") =>
        Assert.Equal($$"""{"dist":{"tarball":"http://h/t"{{dist}}},"name":"craft"{{rest}}}""", Write(manifest, abbreviated: false));

    [Theory]
    [InlineData("""{"dist":{"tarball":"t","t\u0061rball":"u","shasum":"1"}}""", """{"dist":{"tarball":"http://h/t","shasum":"1"}}""")]
    [InlineData("""{"dist":{"\ud83d":"t"}}""", """{"dist":{"tarball":"http://h/t","\ud83d":"t"}}""")]
    [InlineData("""{"\ud83d":"half","a":1}""", """{"dist":{"tarball":"http://h/t"},"\ud83d":"half","a":1}""")]
    public void The_tarball_is_ours_however_its_name_is_written(string manifest, string listed) =>
        Assert.Equal(listed, Write(manifest, abbreviated: false));

    [Theory]
    [InlineData("""{"name":"a","readme":"r","scripts":{"test":"t"}}""", ",\"name\":\"a\"")]
    [InlineData("""{"name":"a","scripts":{"preinstall":"p"}}""", ",\"name\":\"a\",\"hasInstallScript\":true")]
    [InlineData("""{"scripts":{"postinstall":"p"},"hasInstallScript":false}""", ",\"hasInstallScript\":false")]
    [InlineData("""{"scripts":["install"],"\ud83d":1}""", "")]
    [InlineData("""{"scripts":{"\ud83d":1,"\u0069nstall":"i"}}""", ",\"hasInstallScript\":true")]
    public void The_short_form_has_what_clients_resolve_with(string manifest, string rest) =>
        Assert.Equal($$"""{"dist":{"tarball":"http://h/t"}{{rest}}}""", Write(manifest, abbreviated: true));

    private static string Write(string manifest, bool abbreviated)
    {
        var output = new ArrayBufferWriter<byte>();
        NpmListedManifest.Write(output, Encoding.UTF8.GetBytes(manifest), "http://h/t", abbreviated);
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }
}
