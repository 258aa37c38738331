using System.Net;

namespace Granary.Core.Access;

/// <summary>What policies may ask about a request besides who asks and for what.</summary>
/// <param name="Source">The address of the connection's other end; null where there is none.</param>
/// <param name="IsSecure">Whether it came over TLS.</param>
/// <param name="Keys">Condition keys of the operation itself, such as <c>aws:RequestTag/team</c>; null for none.</param>
public readonly record struct RequestFacts(IPAddress? Source, bool IsSecure, IReadOnlyDictionary<string, string[]>? Keys = null);
