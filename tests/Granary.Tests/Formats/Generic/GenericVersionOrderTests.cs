using Granary.Formats.Generic;

namespace Granary.Tests.Formats.Generic;

public sealed class GenericVersionOrderTests
{
    [Fact]
    public void Counts_runs_of_digits_as_numbers()
    {
        string[] sorted = ["", "1.9", "1.09.1", "1.10", "2024-01-02", "build-9", "build-10", "build-10a", "x"];
        Assert.Equal(sorted, sorted.Reverse().Order(new GenericFormat().VersionOrder));
    }

    [Fact]
    public void Takes_only_equal_texts_for_equal() => Assert.NotEqual(0, new GenericFormat().VersionOrder.Compare("1.0", "1.00"));
}
