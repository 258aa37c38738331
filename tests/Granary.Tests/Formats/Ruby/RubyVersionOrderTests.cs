using Granary.Formats.Ruby;

namespace Granary.Tests.Formats.Ruby;

public sealed class RubyVersionOrderTests
{
    private const string Script = """
        last = nil
        STDIN.read.split("\n").each_with_index do |line, i|
          v = Gem::Version.correct?(line) ? Gem::Version.new(line) : nil
          puts "=#{last && v ? last <=> v : ''}" if i > 0
          last = v
        end
        """;

    [Fact]
    public async Task Agrees_with_Gem_Version()
    {
        var versions = ReferenceOrder.MakeUp(
            20_000,
            ["1", "1.0", "1.0.0", "1.a", "1.0.rc1", "2.0-1", "0", "99999999999999999999999"],
            ["0", "1", "10", "007", ".", ".0", ".1", "-", "a", "b", "B", ".pre", ".rc", "rc2", "x86"],
            6);
        var answers = await ReferenceOrder.AskAsync("ruby", ["-e", Script], string.Join('\n', versions));
        ReferenceOrder.AssertSame(new RubyFormat().VersionOrder, versions, [.. answers.Select(answer => answer[1..])]);
    }
}
