using System.Xml.Linq;

namespace Granary.Server.Aws.Query;

/// <summary>One action of a service that speaks AWS's query protocol: a form goes in, XML comes out.</summary>
/// <param name="Name">As in AWS's model; with the service's name and a colon before it, the action that is decided on.</param>
/// <param name="RunAsync">Reads its parameters, asks <see cref="QueryCall.AuthoriseAsync"/>, works, and answers what its result holds.</param>
/// <param name="AlwaysHasResult">Whether the model gives it a result that has no members: clients look for the element all the same.</param>
internal sealed record QueryAction(string Name, Func<QueryCall, Task<IReadOnlyList<XElement>>> RunAsync, bool AlwaysHasResult = false);
