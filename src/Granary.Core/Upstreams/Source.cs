namespace Granary.Core.Upstreams;

/// <summary>A public source: CodeArtifact's name of the connection, its address with a trailing slash, and how to sign in there.</summary>
public sealed record Source(string Connection, Uri Address, SourceCredentials? Credentials)
{
    /// <summary>Without the credentials, so that no log and no message can show them.</summary>
    public override string ToString() => $"{Connection} at {Address}";
}

/// <summary>Either a user name with a password, sent as Basic, or a token, sent as Bearer.</summary>
public sealed record SourceCredentials(string? Username, string? Password, string? Token)
{
    public override string ToString() => "credentials";
}
