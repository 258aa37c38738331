using Granary.Core.Access;
using Granary.Core.Access.Identities;
using Granary.Core.Assets;
using Granary.Core.Collection;
using Granary.Core.Domains;
using Granary.Core.Encryption;
using Granary.Core.Events;
using Granary.Core.Events.Buses;
using Granary.Core.Events.Delivery;
using Granary.Core.Groups;
using Granary.Core.Jobs;
using Granary.Core.Packages;
using Granary.Core.Repositories;
using Granary.Core.Trail;
using Granary.Core.Upstreams;
using Granary.Core.Usage;
using Microsoft.EntityFrameworkCore;

namespace Granary.Core.Database;

/// <summary>
/// Every table. Tenant tables lead their keys and indexes with the domain, so that the same schema can be distributed by
/// domain. Each engine has a context of its own only because EF Core keeps migrations by context type.
/// </summary>
public abstract class GranaryContext(DbContextOptions options) : DbContext(options)
{
    public DbSet<Account> Accounts => Set<Account>();

    public DbSet<Identity> Identities => Set<Identity>();

    public DbSet<GroupMember> GroupMembers => Set<GroupMember>();

    public DbSet<InlinePolicy> InlinePolicies => Set<InlinePolicy>();

    public DbSet<PolicyAttachment> PolicyAttachments => Set<PolicyAttachment>();

    public DbSet<ManagedPolicy> ManagedPolicies => Set<ManagedPolicy>();

    public DbSet<ManagedPolicyVersion> ManagedPolicyVersions => Set<ManagedPolicyVersion>();

    public DbSet<IdentityTag> IdentityTags => Set<IdentityTag>();

    public DbSet<IdentityProvider> IdentityProviders => Set<IdentityProvider>();

    public DbSet<AccessKey> AccessKeys => Set<AccessKey>();

    public DbSet<RevokedToken> RevokedTokens => Set<RevokedToken>();

    public DbSet<Domain> Domains => Set<Domain>();

    public DbSet<DomainKey> DomainKeys => Set<DomainKey>();

    public DbSet<EncryptionKey> EncryptionKeys => Set<EncryptionKey>();

    public DbSet<ResourcePolicy> ResourcePolicies => Set<ResourcePolicy>();

    public DbSet<ResourceTag> ResourceTags => Set<ResourceTag>();

    public DbSet<Repository> Repositories => Set<Repository>();

    public DbSet<RepositoryUpstream> RepositoryUpstreams => Set<RepositoryUpstream>();

    public DbSet<PackageGroup> PackageGroups => Set<PackageGroup>();

    public DbSet<AllowedRepository> AllowedRepositories => Set<AllowedRepository>();

    public DbSet<Package> Packages => Set<Package>();

    public DbSet<PackageTag> PackageTags => Set<PackageTag>();

    public DbSet<PackageVersion> PackageVersions => Set<PackageVersion>();

    public DbSet<VersionReadme> VersionReadmes => Set<VersionReadme>();

    public DbSet<Asset> Assets => Set<Asset>();

    public DbSet<AssetTombstone> AssetTombstones => Set<AssetTombstone>();

    public DbSet<StrayKey> StrayKeys => Set<StrayKey>();

    public DbSet<JobLease> JobLeases => Set<JobLease>();

    public DbSet<VersionAsset> VersionAssets => Set<VersionAsset>();

    public DbSet<SourceDocument> SourceDocuments => Set<SourceDocument>();

    public DbSet<Change> Changes => Set<Change>();

    public DbSet<EventBus> EventBuses => Set<EventBus>();

    public DbSet<EventRule> EventRules => Set<EventRule>();

    public DbSet<EventTarget> EventTargets => Set<EventTarget>();

    public DbSet<EventConnection> EventConnections => Set<EventConnection>();

    public DbSet<ApiDestination> ApiDestinations => Set<ApiDestination>();

    public DbSet<EventArchive> EventArchives => Set<EventArchive>();

    public DbSet<EventReplay> EventReplays => Set<EventReplay>();

    public DbSet<EventTag> EventTags => Set<EventTag>();

    public DbSet<EventCursor> EventCursors => Set<EventCursor>();

    public DbSet<IncomingEvent> IncomingEvents => Set<IncomingEvent>();

    public DbSet<EventDelivery> EventDeliveries => Set<EventDelivery>();

    public DbSet<DeadLetter> DeadLetters => Set<DeadLetter>();

    public DbSet<ArchivedEvent> ArchivedEvents => Set<ArchivedEvent>();

    public DbSet<TrailHead> Trails => Set<TrailHead>();

    public DbSet<TrailSegment> TrailSegments => Set<TrailSegment>();

    public DbSet<MetricRollup> MetricRollups => Set<MetricRollup>();

    public DbSet<DownloadCount> DownloadCounts => Set<DownloadCount>();

    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder)
    {
        // Neither engine orders the other's form of a timestamp alike; a count of milliseconds is the same in both.
        configurationBuilder.Properties<DateTimeOffset>().HaveConversion<UnixMilliseconds>();
        configurationBuilder.Properties<PackageVersionStatus>().HaveConversion<string>();
        configurationBuilder.Properties<IdentityKind>().HaveConversion<string>();
        configurationBuilder.Properties<OriginRestriction>().HaveConversion<string>();
        configurationBuilder.Properties<RestrictionMode>().HaveConversion<string>();
        configurationBuilder.Properties<ChangeKind>().HaveConversion<string>();
    }

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<Identity>(identity =>
        {
            identity.HasKey(i => new { i.AccountId, i.Id });
            identity.HasIndex(i => new { i.AccountId, i.Kind, i.NameKey }).IsUnique();
        });
        modelBuilder.Entity<GroupMember>(member =>
        {
            member.HasKey(m => new { m.AccountId, m.GroupId, m.UserId });
            member.HasIndex(m => new { m.AccountId, m.UserId });
        });
        modelBuilder.Entity<InlinePolicy>().HasKey(p => new { p.AccountId, p.IdentityId, p.Name });
        modelBuilder.Entity<PolicyAttachment>(attachment =>
        {
            attachment.HasKey(a => new { a.AccountId, a.IdentityId, a.PolicyArn });
            attachment.HasIndex(a => new { a.AccountId, a.PolicyArn });
        });
        modelBuilder.Entity<ManagedPolicy>(policy =>
        {
            policy.HasKey(p => new { p.AccountId, p.Id });
            policy.Ignore(p => p.Arn);
            policy.HasIndex(p => new { p.AccountId, p.NameKey }).IsUnique();
        });
        modelBuilder.Entity<ManagedPolicyVersion>().HasKey(v => new { v.AccountId, v.PolicyId, v.Number });
        modelBuilder.Entity<IdentityTag>().HasKey(t => new { t.AccountId, t.ResourceId, t.Key });
        modelBuilder.Entity<IdentityProvider>(provider =>
        {
            provider.HasKey(p => new { p.AccountId, p.Name });
            provider.Ignore(p => p.Arn);
        });
        modelBuilder.Entity<AccessKey>().HasIndex(k => new { k.AccountId, k.UserId });

        modelBuilder.Entity<ResourcePolicy>().HasKey(p => new { p.DomainId, p.ResourceId });
        modelBuilder.Entity<Domain>().HasIndex(d => new { d.Owner, d.Name }).IsUnique();
        modelBuilder.Entity<DomainKey>().HasKey(k => k.DomainId);
        modelBuilder.Entity<DomainKey>().Property(k => k.DomainId).ValueGeneratedNever();
        modelBuilder.Entity<EncryptionKey>(key =>
        {
            key.HasKey(k => new { k.AccountId, k.Id });
            key.HasIndex(k => new { k.AccountId, k.Alias }).IsUnique();
        });
        modelBuilder.Entity<ResourceTag>().HasKey(t => new { t.DomainId, t.ResourceId, t.Key });

        modelBuilder.Entity<Repository>(repository =>
        {
            repository.HasKey(r => new { r.DomainId, r.Id });
            repository.HasIndex(r => new { r.DomainId, r.Name }).IsUnique();
            repository.HasIndex(r => new { r.Administrator, r.DomainId, r.Name });
        });
        modelBuilder.Entity<RepositoryUpstream>().HasKey(u => new { u.DomainId, u.RepositoryId, u.Position });

        modelBuilder.Entity<PackageGroup>(group =>
        {
            group.HasKey(g => new { g.DomainId, g.Id });
            group.HasIndex(g => new { g.DomainId, g.Pattern }).IsUnique();
        });
        modelBuilder.Entity<AllowedRepository>(allowed =>
        {
            allowed.HasKey(a => new { a.DomainId, a.GroupId, a.Restriction, a.RepositoryId });
            allowed.HasIndex(a => new { a.DomainId, a.RepositoryId });
        });

        modelBuilder.Entity<Package>(package =>
        {
            package.HasKey(p => new { p.DomainId, p.Id });
            package.Ignore(p => p.Coordinate);
            // The name before the repository: one range holds a package in all repositories of a search order.
            package.HasIndex(p => new { p.DomainId, p.Format, p.Namespace, p.Name, p.RepositoryId }).IsUnique();
            package.HasIndex(p => new { p.DomainId, p.RepositoryId, p.Format, p.Namespace, p.Name });
        });
        modelBuilder.Entity<PackageTag>().HasKey(t => new { t.DomainId, t.PackageId, t.Name });

        modelBuilder.Entity<PackageVersion>(version =>
        {
            version.HasKey(v => new { v.DomainId, v.Id });
            version.Ignore(v => v.IsListed).Ignore(v => v.IsReadable);
            version.HasIndex(v => new { v.DomainId, v.PackageId, v.Version }).IsUnique();
            version.HasIndex(v => new { v.DomainId, v.PackageId, v.PublishedAt, v.Version });
        });
        modelBuilder.Entity<VersionReadme>().HasKey(r => new { r.DomainId, r.VersionId });

        modelBuilder.Entity<Asset>().HasKey(a => new { a.DomainId, a.Sha256 });
        modelBuilder.Entity<VersionAsset>(asset =>
        {
            asset.HasKey(a => new { a.DomainId, a.VersionId, a.Name });
            asset.HasIndex(a => new { a.DomainId, a.Sha256 });
        });

        modelBuilder.Entity<AssetTombstone>(tombstone =>
        {
            tombstone.HasKey(t => new { t.DomainId, t.Sha256 });
            // Hardly any: what is to be removed still.
            tombstone.HasIndex(t => t.DomainId).HasFilter("removed < generation");
        });
        modelBuilder.Entity<StrayKey>().HasKey(s => new { s.DomainId, s.Key });
        modelBuilder.Entity<JobLease>().HasKey(j => j.Name);

        modelBuilder.Entity<SourceDocument>(document =>
        {
            document.HasKey(d => new { d.DomainId, d.Connection, d.Path });
            document.HasIndex(d => new { d.DomainId, d.StorageKey });
        });
        modelBuilder.Entity<Change>().HasKey(c => new { c.DomainId, c.Sequence });
        EventRows.Configure(modelBuilder);
        DeliveryRows.Configure(modelBuilder);
        modelBuilder.Entity<TrailSegment>(segment =>
        {
            segment.HasKey(s => new { s.TrailId, s.Number });
            segment.HasIndex(s => new { s.LastAt, s.TrailId, s.Number });
        });

        modelBuilder.Entity<MetricRollup>().HasKey(r => new { r.AccountId, r.DomainName, r.Facet, r.Metric, r.Seconds, r.StartsAt, r.Repository, r.FacetValue });
        modelBuilder.Entity<DownloadCount>().HasKey(d => new { d.DomainId, d.Repository, d.Format, d.Namespace, d.Package, d.Version, d.Asset });

        // The engines' own names for everything, so that hand-written SQL reads the same on both.
        foreach (var entity in modelBuilder.Model.GetEntityTypes())
        {
            entity.SetTableName(SnakeCase.Of(entity.GetTableName()!));
            foreach (var property in entity.GetProperties())
            {
                property.SetColumnName(SnakeCase.Of(property.Name));
            }
        }
    }
}

public sealed class SqliteContext(DbContextOptions<SqliteContext> options) : GranaryContext(options);

public sealed class PostgreSqlContext(DbContextOptions<PostgreSqlContext> options) : GranaryContext(options)
{
    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder)
    {
        base.ConfigureConventions(configurationBuilder);
        // Byte order, as SQLite has it: pages follow one order on both engines, and a prefix is a range of an index.
        configurationBuilder.Properties<string>().UseCollation("C");
    }
}
