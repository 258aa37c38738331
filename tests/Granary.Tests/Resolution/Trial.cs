namespace Granary.Tests.Resolution;

/// <summary>Where the two sides differ: at which operation, and what each of them says.</summary>
internal sealed record Disagreement(int Step, string About, string Expected, string Actual);

/// <summary>Does the same on both sides and compares them after each operation.</summary>
internal sealed class Trial(Registry registry)
{
    // All records of all packages are compared so often, those of the operation's own package always.
    private const int Everything = 20;

    // Operations that are done at most to make a failing history short.
    private const int Patience = 30_000;

    /// <summary>Runs a history; null where both sides agree throughout.</summary>
    /// <returns>A message for whoever has to find out: seed, step, what differs, and the shortest history known that makes it so.</returns>
    public async Task<string?> RunAsync(int seed, int steps)
    {
        var histories = new Histories(seed);
        var done = new List<Operation>();
        if (await CompareAsync(reference => done.Count < steps ? Add(histories.Next(reference)) : null) is not { } found)
        {
            return null;
        }

        var (shortest, last) = await ShortenAsync(done, found);
        var lines = shortest.Select((operation, index) => $"  {index + 1}. {operation}");
        return $"""
            History {seed} differs from the reference at step {found.Step} of {steps}: {done[^1]}.
              {found.About}
              expected: {found.Expected}
              actual:   {found.Actual}
            {(shortest.Count < done.Count ? $"These {shortest.Count} of its operations are enough:" : "All of its operations:")}
            {string.Join("\n", lines)}
            after which {last.About}
              expected: {last.Expected}
              actual:   {last.Actual}
            Again: {ResolverContract.SeedVariable}={seed}, see CONTRIBUTING.md.
            """;

        Operation Add(Operation operation)
        {
            done.Add(operation);
            return operation;
        }
    }

    private async Task<Disagreement?> CompareAsync(Func<Reference, Operation?> next)
    {
        await registry.BeginAsync();
        var reference = new Reference();
        for (var step = 1; next(reference) is { } operation; step++)
        {
            var expected = reference.Do(operation);
            var actual = await registry.DoAsync(operation);
            if (expected != actual)
            {
                return new(step, "The last operation has another outcome.", expected, actual);
            }

            // The real side remembers more than the reference, and may ask less; a name that it need not ask for it must not tell.
            if (registry.TakeAsked().FirstOrDefault(path => !reference.Asked.Contains(path)) is { } told)
            {
                return new(step, "The last operation has asked a public source for what it need not know.", $"at most [{string.Join(", ", reference.Asked)}]", told);
            }

            var package = step % Everything == 0 ? null : operation.Package;
            if (package is null && step % Everything != 0)
            {
                continue;
            }

            var (should, does) = (Sorted(reference.Places.State(package)), Sorted(await registry.StateAsync(package)));
            if (!should.SequenceEqual(does))
            {
                return new(step, "What is kept differs.", Lines(should.Except(does)), Lines(does.Except(should)));
            }
        }

        return null;

        static List<string> Sorted(IEnumerable<string> lines) => [.. lines.Order(StringComparer.Ordinal)];

        static string Lines(IEnumerable<string> lines) => string.Join("\n            ", lines.DefaultIfEmpty("nothing"));
    }

    /// <summary>Leaves out runs of operations, long ones first, as long as the sides go on differing.</summary>
    private async Task<(List<Operation> Shortest, Disagreement Last)> ShortenAsync(List<Operation> failing, Disagreement found)
    {
        var (shortest, last, patience) = (failing, found, Patience);
        for (var length = shortest.Count / 2; length > 0; length = Math.Min(length / 2, shortest.Count))
        {
            for (var from = shortest.Count - length; from >= 0 && patience > 0; from -= length)
            {
                List<Operation> rest = [.. shortest[..from], .. shortest[(from + length)..]];
                patience -= rest.Count;
                var queue = new Queue<Operation>(rest);
                if (await CompareAsync(_ => queue.TryDequeue(out var operation) ? operation : null) is { } still)
                {
                    (shortest, last) = (rest[..still.Step], still);
                    from = Math.Min(from, shortest.Count);
                }
            }
        }

        return (shortest, last);
    }
}
