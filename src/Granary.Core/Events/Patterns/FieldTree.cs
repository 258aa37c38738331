namespace Granary.Core.Events.Patterns;

/// <summary>The fields of an alternative by the objects that they are in, each level in the order of its fields' full names.</summary>
internal sealed class FieldTree
{
    private FieldTree(byte[] name, int depth) => (Name, Depth) = (name, depth);

    /// <summary>In UTF-8.</summary>
    public byte[] Name { get; }

    /// <summary>How many names lead here.</summary>
    public int Depth { get; }

    /// <summary>What is asked of the field itself.</summary>
    public FieldTest? Test { get; private set; }

    /// <summary>What is asked of fields within it.</summary>
    public List<FieldTree> Fields { get; } = [];

    public static FieldTree Build(Dictionary<string, FieldTest> tests)
    {
        var root = new FieldTree([], 0);
        foreach (var test in tests.Values.OrderBy(test => test.Name, StringComparer.Ordinal))
        {
            var node = root;
            foreach (var name in test.Path)
            {
                var next = node.Fields.Find(field => field.Name.AsSpan().SequenceEqual(name));
                if (next is null)
                {
                    next = new FieldTree(name, node.Depth + 1);
                    node.Fields.Add(next);
                }

                node = next;
            }

            node.Test = test;
        }

        return root;
    }
}
