using Granary.Formats.PyPi;

namespace Granary.Tests.Formats.PyPi;

public sealed class PyPiVersionOrderTests
{
    private const string Script = """
        import sys
        try:
            from pip._vendor.packaging.version import Version, InvalidVersion
        except ImportError:
            from packaging.version import Version, InvalidVersion
        last = None
        for line in sys.stdin.read().splitlines():
            try:
                v = Version(line)
            except InvalidVersion:
                v = None
            sign = (last > v) - (last < v) if last and v else ''
            print('%s|%s' % (v or '', sign))
            last = v
        """;

    [Fact]
    public async Task Agrees_with_packaging_on_what_is_a_version_its_normal_form_and_its_place()
    {
        var versions = ReferenceOrder.MakeUp(
            20_000,
            ["1", "1.0", "1.0.0", "1.1", "v1", "0!1", "2!1", "01.2", "1.0a1", "1.0.post2", "1.0.dev3", "1.0+x.1", "99999999999999999999999"],
            ["0", "1", "10", "007", ".", "-", "_", "a", "b", "c", "rc", "alpha", "beta", "pre", "preview", "post", "rev", "r", ".dev", "+", "+abc", "+1", "RC1", "!", "x"],
            6);
        var answers = (await ReferenceOrder.AskAsync("python3", ["-c", Script], string.Join('\n', versions))).Select(line => line.Split('|')).ToList();

        var format = new PyPiFormat();
        Assert.Equal(
            answers.Select((answer, i) => answer[0].Length > 0 ? answer[0] : versions[i]), versions.Select(format.NormalizeVersion));
        Assert.Contains(answers, answer => answer[0].Length == 0);
        ReferenceOrder.AssertSame(format.VersionOrder, versions, [.. answers.Skip(1).Select(answer => answer[1])]);
    }

    [Fact]
    public void Takes_trailing_zeros_and_a_v_for_nothing()
    {
        var order = new PyPiFormat().VersionOrder;
        Assert.Equal(0, order.Compare("1.0", "v1.0.0"));
        Assert.True(order.Compare("nonsense", "0.dev0") < 0);
    }

    [Theory]
    [InlineData("Foo_Bar")]
    [InlineData("foo-bar")]
    [InlineData("foo.bar")]
    [InlineData("FOO--_.BAR")]
    public void One_project_has_one_name(string written) => Assert.Equal("foo-bar", new PyPiFormat().NormalizeName(written));
}
