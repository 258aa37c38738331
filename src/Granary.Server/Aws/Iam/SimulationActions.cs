using System.Globalization;
using System.Xml.Linq;
using Granary.Core;
using Granary.Core.Access;
using Granary.Core.Access.Identities;
using Granary.Core.Access.Policies;
using Granary.Server.Aws.Query;
using Granary.Server.ControlPlane;

namespace Granary.Server.Aws.Iam;

/// <summary>Asks the policy engine what it would say, of policies that are there or of policies that are not yet.</summary>
internal static class SimulationActions
{
    // A request holds at most 512 parameters.
    private const int MostItems = 500;

    public static IReadOnlyList<QueryAction> All { get; } =
    [
        new("SimulatePrincipalPolicy", SimulatePrincipalAsync),
        new("SimulateCustomPolicy", SimulateCustomAsync),
    ];

    private static async Task<IReadOnlyList<XElement>> SimulatePrincipalAsync(QueryCall call)
    {
        var inputs = new SimulationInputs(call);
        var page = call.Page();
        var source = await SourceAsync(call);
        var (policies, boundary) = await call.Service<SimulatedPolicies>().OfAsync(source, call.Cancellation);
        var self = new Principal(call.AccountId, IamArns.Of(source)) { IdentityId = source.Id };
        var caller = inputs.Caller ?? (source.Kind == IdentityKind.User || inputs.Resource is null ? self : throw NoCaller());
        return Answer(page, inputs, inputs.Simulation(caller, [.. policies, .. inputs.Policies]) with
        {
            Boundary = inputs.Boundary ?? boundary,
            Context = await ContextAsync(call, source, inputs),
        });
    }

    private static async Task<IReadOnlyList<XElement>> SimulateCustomAsync(QueryCall call)
    {
        var inputs = new SimulationInputs(call);
        var page = call.Page();
        await call.AuthoriseAsync(ResourceArns.Any);
        if (inputs.Policies.Count == 0)
        {
            throw Fault.Missing("PolicyInputList");
        }

        var caller = inputs.Caller ?? (inputs.Resource is null ? call.Principal with { Arn = IamArns.Identity(call.AccountId, IdentityKind.User, "/", "*") } : throw NoCaller());
        return Answer(page, inputs, inputs.Simulation(caller, inputs.Policies) with { Boundary = inputs.Boundary, Context = inputs.Context });
    }

    /// <summary>The user, group or role whose policies are asked.</summary>
    /// <exception cref="Refusal">InvalidInput, AccessDenied, NoSuchEntity.</exception>
    private static async Task<Identity> SourceAsync(QueryCall call)
    {
        var arn = call.Arguments.Required("PolicySourceArn", IamShapes.Arn);
        var parts = arn.Split(':');
        var kind = parts is ["arn", "aws", "iam", "", { Length: 12 }, var resource] && resource.IndexOf('/', StringComparison.Ordinal) is > 0 and var slash
            ? resource[..slash] switch
            {
                "user" => IdentityKind.User,
                "group" => IdentityKind.Group,
                "role" => IdentityKind.Role,
                _ => throw NoSource(arn),
            }
            : throw NoSource(arn);
        var found = await call.FindAsync(kind, arn[(arn.LastIndexOf('/') + 1)..]);
        await call.AuthoriseAsync(arn);
        return found is not null && IamArns.Of(found) == arn ? found : throw IdentityRefusals.NoSuchEntity($"The entity {arn} cannot be found.");
    }

    /// <summary>What is known of the source itself, and over it what the call says.</summary>
    private static async Task<IReadOnlyDictionary<string, string[]>> ContextAsync(QueryCall call, Identity source, SimulationInputs inputs)
    {
        var context = new Dictionary<string, string[]>(StringComparer.OrdinalIgnoreCase);
        if (source.Kind != IdentityKind.Group)
        {
            context["aws:PrincipalArn"] = [IamArns.Of(source)];
            context["aws:PrincipalAccount"] = [call.AccountId];
            foreach (var (key, value) in await IdentityActions.TagsAsync(call, source))
            {
                context[$"aws:PrincipalTag/{key}"] = [value];
            }
        }

        if (source.Kind == IdentityKind.User)
        {
            context["aws:username"] = [source.Name];
            context["aws:userid"] = [source.Id];
        }

        foreach (var (key, values) in inputs.Context)
        {
            context[key] = values;
        }

        return context;
    }

    // Every action with every resource, in the order of the request, so that a page begins at a number.
    private static IReadOnlyList<XElement> Answer(Page page, SimulationInputs inputs, PolicySimulation simulation)
    {
        var start = page.After() is { } after ? int.Parse(after, CultureInfo.InvariantCulture) : 0;
        var resources = inputs.Resources.Count == 0 ? ["*"] : inputs.Resources;
        var pairs = inputs.Actions.SelectMany(action => resources.Select(resource => (Action: action, Resource: resource)))
            .Select((pair, i) => (pair.Action, pair.Resource, Next: i + 1))
            .Skip(start)
            .Take(page.Take)
            .ToList();
        return page.Answer(
            "EvaluationResults",
            pairs,
            pair => pair.Next.ToString(CultureInfo.InvariantCulture),
            pair => Result(pair.Action, pair.Resource, simulation.Run(pair.Action, pair.Resource)));
    }

    private static IEnumerable<XElement?> Result(string action, string resource, SimulatedResult result) =>
    [
        new XElement("EvalActionName", action),
        new XElement("EvalResourceName", resource),
        new XElement("EvalDecision", result.Decision switch
        {
            Decision.Allowed => "allowed",
            Decision.Denied => "explicitDeny",
            _ => "implicitDeny",
        }),
        IamXml.List("MatchedStatements", result.Matched.Select(p => new[] { new XElement("SourcePolicyId", p.Id), new XElement("SourcePolicyType", p.Type) })),
        IamXml.List("MissingContextValues", result.Missing),
        result.AllowedByBoundary is { } allowed
            ? new XElement("PermissionsBoundaryDecisionDetail", IamXml.Flag("AllowedByPermissionsBoundary", allowed))
            : null,
    ];

    private static Refusal NoSource(string arn) => IdentityRefusals.InvalidInput($"Invalid Entity Arn: {arn} is of no user, group or role.");

    private static Refusal NoCaller() => IdentityRefusals.InvalidInput("CallerArn is required with a ResourcePolicy: say which user asks.");

    /// <summary>What both simulations are told.</summary>
    private sealed class SimulationInputs(QueryCall call)
    {
        public IReadOnlyList<string> Actions { get; } =
            call.Texts("ActionNames", IamShapes.SimulatedAction, MostItems) is { Count: > 0 } actions ? actions : throw Fault.Missing("ActionNames");

        public IReadOnlyList<string> Resources { get; } = [.. call.Texts("ResourceArns", IamShapes.ResourceName, MostItems).Select(CheckResource)];

        public IReadOnlyList<SimulatedPolicy> Policies { get; } = ReadPolicies(call, "PolicyInputList", MostItems);

        /// <summary>IAM takes a list, of one.</summary>
        public SimulatedPolicy? Boundary { get; } = ReadPolicies(call, "PermissionsBoundaryPolicyInputList", 1) is [var one] ? one : null;

        public SimulatedPolicy? Resource { get; } = call.Arguments.Optional("ResourcePolicy", IamShapes.Document) is { } document
            ? new SimulatedPolicy("ResourcePolicy", "resource", IdentityRefusals.Parse(document, PolicyKind.Resource))
            : null;

        public Principal? Caller { get; } = call.Arguments.Optional("CallerArn", IamShapes.ResourceName) is { } arn ? ReadCaller(arn) : null;

        public IReadOnlyDictionary<string, string[]> Context { get; } = ReadContext(call);

        private readonly string? owner = call.Arguments.Optional("ResourceOwner", IamShapes.ResourceName) is { } owner ? ReadOwner(owner) : null;

        public PolicySimulation Simulation(Principal caller, IReadOnlyList<SimulatedPolicy> policies) =>
            new(caller, policies) { Resource = Resource, IsOwn = owner is null || owner == caller.AccountId };

        private static IReadOnlyList<SimulatedPolicy> ReadPolicies(QueryCall call, string name, int most) =>
        [
            .. call.Texts(name, IamShapes.Document, most).Select((document, i) => new SimulatedPolicy(
                string.Create(CultureInfo.InvariantCulture, $"{name}.{i + 1}"), "none", IdentityRefusals.Parse(document, PolicyKind.Identity))),
        ];

        private static Dictionary<string, string[]> ReadContext(QueryCall call)
        {
            var context = new Dictionary<string, string[]>(StringComparer.OrdinalIgnoreCase);
            foreach (var prefix in call.Objects("ContextEntries", "ContextKeyName", IamShapes.ContextKeyName, MostItems))
            {
                _ = call.Arguments.Optional(prefix + "ContextKeyType", IamShapes.ContextKeyType);
                context[call.Arguments.Required(prefix + "ContextKeyName", IamShapes.ContextKeyName)] =
                    [.. call.Texts(prefix + "ContextKeyValues", TextShape.Any, MostItems)];
            }

            return context;
        }

        private static string CheckResource(string resource) => resource == "*" || resource.Split(':') is ["arn", _, _, _, _, _, ..]
            ? resource
            : throw IdentityRefusals.InvalidInput($"Invalid resource ARN: {resource}");

        private static Principal ReadCaller(string arn) => arn.Split(':') is ["arn", "aws", "iam", "", { Length: 12 } account, var resource] && resource.StartsWith("user/", StringComparison.Ordinal)
            ? new Principal(account, arn)
            : throw IdentityRefusals.InvalidInput("CallerArn must be the ARN of a user.");

        private static string ReadOwner(string owner) => owner.Split(':') switch
        {
            [{ Length: 12 } account] => account,
            ["arn", "aws", "iam", "", { Length: 12 } account, _] => account,
            _ => throw IdentityRefusals.InvalidInput("ResourceOwner must be an account, or the ARN of its root user."),
        };
    }
}
