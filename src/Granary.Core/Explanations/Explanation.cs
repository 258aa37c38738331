using Granary.Core.Access;
using Granary.Core.Domains;
using Granary.Core.Packages;
using Granary.Core.Repositories;

namespace Granary.Core.Explanations;

/// <summary>What becomes of a client's request for a version.</summary>
public enum ExplanationOutcome
{
    /// <summary>It is listed and can be downloaded.</summary>
    Visible,

    /// <summary>It can be downloaded by its exact version and is in no list.</summary>
    Unlisted,

    /// <summary>The status that it has in the nearest repository hides it.</summary>
    Hidden,

    /// <summary>Nothing that is searched has it, and origin controls keep something out of the search.</summary>
    Blocked,

    /// <summary>Nothing that is searched has it, and everything is searched.</summary>
    NotFound,

    /// <summary>A public source that might have it cannot be asked.</summary>
    Unknown,

    /// <summary>The principal may not read the repository.</summary>
    Denied,
}

/// <summary>What a step of an explanation is about.</summary>
public enum ExplanationTopic
{
    Permission,
    PackageGroup,
    OriginControls,
    Repository,
    ExternalConnection,
    LeftOut,
}

/// <summary>One thing that was looked at, in the order of the search.</summary>
/// <param name="Subject">Its name: an ARN, a pattern, a repository, a connection.</param>
/// <param name="Finding">In one word, such as ALLOWED, WEAK or Archived.</param>
/// <param name="Text">The same for people, in one sentence.</param>
public sealed record ExplanationStep(ExplanationTopic Topic, string Subject, string Finding, string Text);

/// <summary>Why a version is seen, or is not.</summary>
/// <param name="Summary">The reason in one or two sentences, with what to do about it where something can be done.</param>
public sealed record Explanation(ExplanationOutcome Outcome, string Summary, IReadOnlyList<ExplanationStep> Steps);

/// <summary>The question: what does this principal see of a version through this repository?</summary>
/// <param name="Version">In the format's normal form.</param>
public sealed record ExplanationQuestion(
    Principal Principal, RequestFacts Facts, DomainSnapshot Domain, RepositorySnapshot Repository, PackageCoordinate Package, string Version);
