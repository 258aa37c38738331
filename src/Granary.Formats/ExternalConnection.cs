namespace Granary.Formats;

/// <summary>
/// A public source as CodeArtifact names it. <paramref name="Setup"/> is what a person sets in the format's own client so that
/// <paramref name="Discover"/> finds an address; it completes the sentence "Set ExternalConnections:… or …".
/// </summary>
public sealed record ExternalConnection(
    string Name, string Setup, Func<ClientMachine, CancellationToken, Task<Discovery>> Discover);
