namespace Granary.ClientTests.Harness;

/// <summary>An object store that a test has for itself. Its places are what a server keeps assets in: buckets or containers.</summary>
public interface ITestStore : IAsyncDisposable
{
    /// <summary>As <c>Storage:Kind</c> has it.</summary>
    string Kind { get; }

    /// <summary>What the settings of this kind stand below, such as <c>S3</c>.</summary>
    string Section { get; }

    Uri Address { get; }

    /// <summary>What no log may show.</summary>
    IReadOnlyList<string> Secrets { get; }

    Task<string> CreateAsync();

    /// <summary>What lets a server into a place, by names below <see cref="Section"/>.</summary>
    Dictionary<string, string> Settings(string place);

    /// <summary>What is in a place below a prefix, with lengths in bytes.</summary>
    Task<IReadOnlyList<(string Key, long Length)>> ListAsync(string place, string prefix);

    Task OverwriteAsync(string place, string key, byte[] bytes);

    Task StopAsync();

    /// <summary>Returns when it answers again, with all that it had.</summary>
    Task StartAgainAsync();
}
