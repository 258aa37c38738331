using Granary.Core.Packages;

namespace Granary.Seed;

/// <summary>
/// How much is made and where it goes. It repeats every fifty packages, so that a domain of fifty differs from one of fifty
/// thousand in nothing but its size.
/// </summary>
internal sealed record Shape
{
    // How many of fifty packages are published to the last repository of the chain, to the one before it and so on: what all share
    // is far away, what one team has for itself is near.
    private static readonly int[] FromTheEnd = [30, 6, 4, 3, 2, 1, 1, 1, 1, 1];

    private const int Period = 50;

    // Versions of a package that the first repository keeps, as it does with those that were installed through it: the newest.
    private const int MostKept = 5;

    private static readonly string[] Syllables =
    [
        "ba", "co", "di", "fra", "gu", "he", "jo", "ka", "lo", "mi", "no", "pra", "qui", "ro", "sta", "tu", "ve", "wi", "xa", "yo",
    ];

    private Shape(int packages, int versionsEach, int repositories, int tarballs) =>
        (Packages, VersionsEach, Repositories, Tarballs) = (packages, versionsEach, repositories, tarballs);

    public int Packages { get; }

    public int VersionsEach { get; }

    public int Repositories { get; }

    public int Tarballs { get; }

    /// <exception cref="ArgumentException">The numbers do not fit each other.</exception>
    public static Shape Of(int packages, int versions, int repositories, int tarballs)
    {
        if (packages < 1 || versions < packages || versions % packages != 0)
        {
            throw new ArgumentException($"{versions} versions cannot be shared out evenly among {packages} packages. Give a multiple.");
        }

        if (repositories < 1 || repositories > FromTheEnd.Length || tarballs < 1)
        {
            throw new ArgumentException($"A chain has 1 to {FromTheEnd.Length} repositories, and there is at least one tarball.");
        }

        return new Shape(packages, versions / packages, repositories, tarballs);
    }

    /// <summary>The place in the chain of the repository that a package is published to; 0 is the one that clients ask.</summary>
    public int HomeOf(int package)
    {
        var slot = package % Period;
        var distance = 0;
        while (slot >= FromTheEnd[distance])
        {
            slot -= FromTheEnd[distance++];
        }

        return Math.Max(Repositories - 1 - distance, 0);
    }

    /// <summary>How many of a package's newest versions the first repository keeps beside the one that they were published to.</summary>
    public int KeptOf(int package) => package % 5 == 0 && HomeOf(package) > 0 ? Math.Min(MostKept, VersionsEach) : 0;

    /// <summary>Names in no order of their numbers, so that neighbours in a listing were not written as neighbours.</summary>
    public static PackageCoordinate NameOf(int package)
    {
        var random = new Random(package);
        var scope = random.Next(5) == 0 ? $"{Word(random, 1)}-team" : "";
        return new PackageCoordinate("npm", scope, $"{Word(random, 2)}-{Word(random, 2)}-{package}");
    }

    /// <summary>The version that is published in a round: ten patches for each minor.</summary>
    public static string VersionOf(int round) => $"1.{round / 10}.{round % 10}";

    public static string Word(Random random, int syllables) => string.Concat(random.GetItems(Syllables, syllables));
}
