namespace Granary.Core.Encryption;

/// <summary>Encrypted bytes that are not what was written under their key: changed, cut, moved, or of another data key.</summary>
public sealed class DamagedBytesException(string message, Exception? cause = null) : IOException(message, cause);
