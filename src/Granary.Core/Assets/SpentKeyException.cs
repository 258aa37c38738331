namespace Granary.Core.Assets;

/// <summary>The bytes that a transaction names were collected since they were stored. <see cref="AssetStore"/> stores them again and runs it again.</summary>
public sealed class SpentKeyException() : Exception("The bytes were collected between their storing and the transaction that names them.");
