using Granary.Core.Access;
using Granary.Core.Access.Policies;
using Granary.Core.Database;
using Granary.Core.Groups;
using Granary.Core.Packages;
using Granary.Core.Upstreams;
using Microsoft.EntityFrameworkCore;

namespace Granary.Core.Explanations;

/// <summary>
/// Walks the way of a client's request for one version and tells of each step. It asks what the request would ask and nothing else: a name
/// that origin controls keep from a public source is not told to it here either.
/// </summary>
public sealed class Explainer(GranaryDatabase database, PackageSearch search, SourceListings sources, Evaluator evaluator, ResourceArns arns, Quotas quotas)
{
    public async Task<Explanation> ExplainAsync(ExplanationQuestion question, CancellationToken cancellation)
    {
        var steps = new List<ExplanationStep>();
        var verdict = await PermissionAsync(question);
        steps.Add(verdict.Step);
        var path = await search.PathAsync(question.Domain, question.Repository, question.Package, cancellation);
        steps.Add(GroupOf(question, path));
        steps.Add(ControlsOf(question, path));
        var (outcome, summary) = await SearchAsync(question, path, steps, cancellation);
        return verdict.IsAllowed
            ? new Explanation(outcome, summary, steps)
            : new Explanation(ExplanationOutcome.Denied, $"{verdict.Step.Text} For somebody who may read it: {summary}", steps);
    }

    private async Task<(bool IsAllowed, ExplanationStep Step)> PermissionAsync(ExplanationQuestion question)
    {
        var (domain, repository, principal) = (question.Domain, question.Repository, question.Principal);
        var arn = arns.Repository(domain.Owner, domain.Name, repository.Name);
        var verdict = await evaluator.ExplainAsync(
            principal, AccessActions.ReadFromRepository, new AccessTarget(arn, domain.Owner, domain, repository), question.Facts);
        var by = verdict.Policies.Count == 0 ? "" : $" ({string.Join(", ", verdict.Policies)})";
        var text = verdict.Decision switch
        {
            Decision.Allowed => $"{principal.Arn} may read repository {repository.Name}{by}.",
            Decision.Denied => $"{principal.Arn} may not read repository {repository.Name}: a policy denies {AccessActions.ReadFromRepository}{by}.",
            _ => $"{principal.Arn} may not read repository {repository.Name}: no policy allows {AccessActions.ReadFromRepository} on {arn}{by}.",
        };
        var allowed = verdict.Decision is Decision.Allowed;
        return (allowed, new(ExplanationTopic.Permission, arn, allowed ? "ALLOWED" : "DENIED", text));
    }

    private static ExplanationStep GroupOf(ExplanationQuestion question, SearchPath path)
    {
        var association = path.Rules.Association;
        var words = Enum.GetValues<OriginRestriction>().Select(restriction => path.Rules.Allows(restriction, question.Repository.Id)
            ? $"{restriction.Wire()} is allowed in {question.Repository.Name}"
            : $"{restriction.Wire()} is not allowed in {question.Repository.Name}, because {path.Rules.Reason(restriction)}");
        var strength = association.IsStrong ? "STRONG" : "WEAK";
        return new(
            ExplanationTopic.PackageGroup, association.Group.Pattern.Text, strength,
            $"{question.Package} is in package group {association.Group.Pattern} ({(association.IsStrong ? "exactly" : "as a variation of its name")}): {string.Join("; ", words)}.");
    }

    private static ExplanationStep ControlsOf(ExplanationQuestion question, SearchPath path)
    {
        var name = question.Repository.Name;
        return path.Steps[0].Package is { } record
            ? new(
                ExplanationTopic.OriginControls, name, $"publish={Word(record.AllowPublish)} upstream={Word(record.AllowUpstream)}",
                $"The package's own origin controls in {name}: publish = {Word(record.AllowPublish)}, upstream = {Word(record.AllowUpstream)}.")
            : new(ExplanationTopic.OriginControls, name, "NONE", $"Repository {name} has no record of the package, so that no origin controls of its own apply there.");
    }

    private async Task<(ExplanationOutcome Outcome, string Summary)> SearchAsync(
        ExplanationQuestion question, SearchPath path, List<ExplanationStep> steps, CancellationToken cancellation)
    {
        string? silent = null;
        (ExplanationOutcome, string)? found = null;
        foreach (var step in path.Steps)
        {
            found ??= await InRepositoryAsync(question, step, steps, cancellation);
            if (found is null && step.Connection is not null)
            {
                found = await AtSourceAsync(question, step, steps, cancellation);
                silent ??= found is null && steps[^1].Finding is "SILENT" ? steps[^1].Text : null;
            }

            if (found is not null)
            {
                break;
            }
        }

        steps.AddRange(path.Omissions.Select(o => new ExplanationStep(ExplanationTopic.LeftOut, o.Connection ?? o.Repository.Name, WordOf(o.Reason), TextOf(o, path))));
        return found ?? (silent is not null
            ? (ExplanationOutcome.Unknown, silent)
            : await NowhereAsync(question, path, cancellation));
    }

    private async Task<(ExplanationOutcome, string)?> InRepositoryAsync(
        ExplanationQuestion question, SearchStep step, List<ExplanationStep> steps, CancellationToken cancellation)
    {
        var name = step.Repository.Name;
        if (step.Package is null && step.Connection is not null && steps.Exists(s => s.Topic is ExplanationTopic.Repository && s.Subject == name))
        {
            // The second stop at a repository, for its public source.
            return null;
        }

        if (await search.FindVersionAsync(question.Domain, [step], question.Version, cancellation) is not { } located)
        {
            steps.Add(new(ExplanationTopic.Repository, name, "ABSENT", $"Repository {name} does not have version {question.Version}."));
            return null;
        }

        var status = located.Version.Status;
        var from = located.Version.OriginConnection is { } connection ? $"came from {connection}" : $"was published to {located.Version.OriginRepository}";
        steps.Add(new(ExplanationTopic.Repository, name, status.ToString(), $"Repository {name} has version {question.Version}, which {from}, with status {status}. Nothing farther is looked at."));
        var retained = step.Repository.Id == question.Repository.Id ? "" : $" A download keeps it in {question.Repository.Name} as well.";
        return status switch
        {
            PackageVersionStatus.Published => (ExplanationOutcome.Visible, $"Version {question.Version} is served from repository {name}.{retained}"),
            PackageVersionStatus.Unlisted => (ExplanationOutcome.Unlisted, $"Version {question.Version} is Unlisted in repository {name}: lists do not show it, its exact version can be downloaded.{retained}"),
            PackageVersionStatus.Disposed => (ExplanationOutcome.Hidden, $"Version {question.Version} was disposed in repository {name}: its bytes are gone. Delete it there, and what lies farther is seen again."),
            _ => (ExplanationOutcome.Hidden, $"Version {question.Version} is {status} in repository {name}, which hides it. Publish it there again with update-package-versions-status --target-status Published."),
        };
    }

    private async Task<(ExplanationOutcome, string)?> AtSourceAsync(
        ExplanationQuestion question, SearchStep step, List<ExplanationStep> steps, CancellationToken cancellation)
    {
        var connection = step.Connection!;
        try
        {
            if (await sources.GetAsync(question.Domain, step, question.Package, cancellation) is null)
            {
                steps.Add(new(ExplanationTopic.ExternalConnection, connection, "SILENT", $"This server knows no address for {connection}: see granary connections."));
                return null;
            }

            var has = await sources.HasVersionAsync(question.Domain, step, question.Package, question.Version, cancellation);
            steps.Add(has
                ? new(ExplanationTopic.ExternalConnection, connection, "OFFERED", $"{connection}, the public source of {step.Repository.Name}, offers version {question.Version}.")
                : new(ExplanationTopic.ExternalConnection, connection, "ABSENT", $"{connection}, the public source of {step.Repository.Name}, does not offer version {question.Version}."));
            return has
                ? (ExplanationOutcome.Visible, $"Version {question.Version} comes from {connection}. A download keeps it in {KeptIn(question, step)}.")
                : null;
        }
        catch (Refusal refusal) when (refusal.Kind is RefusalKind.SourceFailed or RefusalKind.Unavailable)
        {
            steps.Add(new(ExplanationTopic.ExternalConnection, connection, "SILENT", $"{connection} cannot be asked now: {refusal.Message}"));
            return null;
        }
    }

    /// <summary>Nothing that is searched has the version: is it kept where the search may not go?</summary>
    private async Task<(ExplanationOutcome, string)> NowhereAsync(ExplanationQuestion question, SearchPath path, CancellationToken cancellation)
    {
        var nowhere = $"No repository or public source that {question.Repository.Name} searches has version {question.Version} of {question.Package}.";
        if (path.Omissions.Count == 0)
        {
            return (ExplanationOutcome.NotFound, $"{nowhere} Check the name, the version and the repository's upstreams.");
        }

        var holders = await HoldersAsync(question, cancellation);
        var first = path.Omissions.FirstOrDefault(o => o.Connection is null && holders.Contains(o.Repository.Id)) ?? path.Omissions[0];
        return (ExplanationOutcome.Blocked, $"{nowhere} {TextOf(first, path)}");
    }

    private async Task<HashSet<long>> HoldersAsync(ExplanationQuestion question, CancellationToken cancellation)
    {
        var (domain, package) = (question.Domain.Id, question.Package);
        await using var db = database.Open();
        return await db.Packages
            .Where(p => p.DomainId == domain && p.Format == package.Format && p.Namespace == package.Namespace && p.Name == package.Name)
            .Where(p => db.PackageVersions.Any(v => v.DomainId == domain && v.PackageId == p.Id && v.Version == question.Version))
            .Select(p => p.RepositoryId)
            .ToHashSetAsync(cancellation);
    }

    private static string KeptIn(ExplanationQuestion question, SearchStep step) =>
        step.Repository.Id == question.Repository.Id ? step.Repository.Name : $"{step.Repository.Name} and in {question.Repository.Name}";

    private string TextOf(SearchOmission omission, SearchPath path)
    {
        var what = omission.Connection is { } connection ? $"{connection} of repository {omission.Repository.Name} is not asked" : $"Repository {omission.Repository.Name} is not searched";
        return omission.Reason switch
        {
            OmissionReason.PackageBlocksUpstream =>
                $"{what}, because the package's origin controls in {omission.Because!.Name} have upstream = BLOCK. Change them with put-package-origin-configuration.",
            OmissionReason.GroupBlocksInternalUpstream =>
                $"{what}: {path.Rules.Reason(OriginRestriction.InternalUpstream)}. Change the group with update-package-group-origin-configuration.",
            OmissionReason.GroupBlocksExternalUpstream =>
                $"{what}: {path.Rules.Reason(OriginRestriction.ExternalUpstream)}. Change the group with update-package-group-origin-configuration.",
            OmissionReason.NameIsOwn =>
                $"{what}, because {omission.Because!.Name} has the name for its own (upstream = BLOCK), and such a name meets nothing public.",
            _ => $"{what}, because one request searches at most {quotas.RepositoriesPerSearch} repositories. Shorten the chains of upstreams, or raise {Quotas.Key(nameof(Quotas.RepositoriesPerSearch))}.",
        };
    }

    private static string WordOf(OmissionReason reason) => reason switch
    {
        OmissionReason.PackageBlocksUpstream => "PACKAGE_BLOCKS_UPSTREAM",
        OmissionReason.GroupBlocksInternalUpstream => "GROUP_BLOCKS_INTERNAL_UPSTREAM",
        OmissionReason.GroupBlocksExternalUpstream => "GROUP_BLOCKS_EXTERNAL_UPSTREAM",
        OmissionReason.NameIsOwn => "NAME_IS_OWN",
        _ => "TOO_FAR",
    };

    private static string Word(bool allows) => allows ? "ALLOW" : "BLOCK";
}
