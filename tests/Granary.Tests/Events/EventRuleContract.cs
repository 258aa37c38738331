using System.Text.Json;
using Granary.Core;
using Granary.Core.Access;
using Granary.Core.Access.Identities;
using Granary.Core.Database;
using Granary.Core.Events;
using Granary.Core.Events.Buses;

namespace Granary.Tests.Events;

public sealed class EventRulesOnSqliteTests() : EventRuleContract(Engine.Sqlite);

public sealed class EventRulesOnPostgreSqlTests() : EventRuleContract(Engine.PostgreSql);

/// <summary>Rules and targets, and the sets of them that events are held against.</summary>
public abstract class EventRuleContract(Engine engine) : WorldContract(engine)
{
    private static readonly RuleName Rule = new(World.Owner, EventBus.Default, "published");
    private static readonly IReadOnlyDictionary<string, string> NoTags = new Dictionary<string, string>();

    [Fact]
    public async Task The_set_of_a_bus_is_true_as_soon_as_a_change_is_acknowledged()
    {
        await using var node = await NodeAsync();

        Assert.Empty((await node.Sets.ForAsync(World.Owner, EventBus.Default)).Rules);
        await PutAsync(node, Rule);
        Assert.Empty(Assert.Single((await node.Sets.ForAsync(World.Owner, EventBus.Default)).Rules).Targets);
        await node.Targets.PutAsync(Rule, [Target("queue"), Target("other")], World.Actor, CancellationToken.None);
        Assert.Equal(["other", "queue"], Assert.Single((await node.Sets.ForAsync(World.Owner, EventBus.Default)).Rules).Targets.Select(t => t.Id));
        await node.Rules.SetStateAsync(Rule, EventRule.Disabled, World.Actor, CancellationToken.None);
        Assert.Empty((await node.Sets.ForAsync(World.Owner, EventBus.Default)).Rules);
        await node.Rules.SetStateAsync(Rule, EventRule.Enabled, World.Actor, CancellationToken.None);
        Assert.Equal(["gone"], await node.Targets.RemoveAsync(Rule, ["other", "gone"], World.Actor, CancellationToken.None));
        Assert.Equal("queue", Assert.Single(Assert.Single((await node.Sets.ForAsync(World.Owner, EventBus.Default)).Rules).Targets).Id);

        var rule = Assert.Single((await node.Sets.ForAsync(World.Owner, EventBus.Default)).Rules);
        Assert.True(rule.Pattern.Matches(JsonElement.Parse("""{"source":"a"}""")));
        Assert.False(rule.Pattern.Matches(JsonElement.Parse("""{"source":"b"}""")));

        // Nothing has changed: the same set.
        Assert.Same(await node.Sets.ForAsync(World.Owner, EventBus.Default), await node.Sets.ForAsync(World.Owner, EventBus.Default));
        Assert.Empty((await node.Sets.ForAsync(World.Owner, "other")).Rules);
        Assert.Empty((await node.Sets.ForAsync("210987654321", EventBus.Default)).Rules);
    }

    [Fact]
    public async Task A_rule_is_replaced_whole_and_keeps_its_targets()
    {
        await using var node = await NodeAsync();
        var first = await PutAsync(node, Rule);
        await node.Targets.PutAsync(Rule, [Target("queue")], World.Actor, CancellationToken.None);

        await node.Rules.PutAsync(Rule, new RuleContent(EventRule.Disabled, """{"source":["b"]}""", null, null), NoTags, World.Actor, CancellationToken.None);

        var second = await node.Rules.GetAsync(Rule, CancellationToken.None);
        Assert.Equal((first.Id, """{"source":["b"]}""", null, EventRule.Disabled), (second.Id, second.Pattern, second.Description, second.State));
        Assert.Single(await node.Targets.ListAsync(Rule, null, 10, CancellationToken.None));
        var refusal = await Assert.ThrowsAsync<Refusal>(() => node.Rules.DeleteAsync(Rule, World.Actor, CancellationToken.None));
        Assert.Equal("ValidationException", refusal.Code);
        await node.Targets.RemoveAsync(Rule, ["queue"], World.Actor, CancellationToken.None);
        await node.Rules.DeleteAsync(Rule, World.Actor, CancellationToken.None);
        await node.Rules.DeleteAsync(Rule, World.Actor, CancellationToken.None);
        Assert.Equal("ResourceNotFoundException", (await Assert.ThrowsAsync<Refusal>(() => node.Rules.GetAsync(Rule, CancellationToken.None))).Code);
        Assert.NotEqual(first.Id, (await PutAsync(node, Rule)).Id);
    }

    [Fact]
    public async Task Only_so_many_rules_and_targets_are_taken()
    {
        await using var node = await NodeAsync();
        await PutAsync(node, Rule);
        await node.Targets.PutAsync(Rule, [Target("1"), Target("2")], World.Actor, CancellationToken.None);

        var refusal = await Assert.ThrowsAsync<Refusal>(() => node.Targets.PutAsync(Rule, [Target("2"), Target("3")], World.Actor, CancellationToken.None));
        Assert.Equal("LimitExceededException", refusal.Code);
        Assert.Equal(2, (await node.Targets.ListAsync(Rule, null, 10, CancellationToken.None)).Count);
        await PutAsync(node, Rule with { Name = "b" });
        await PutAsync(node, Rule with { Name = "c" });
        await PutAsync(node, Rule with { Name = "c" });
        refusal = await Assert.ThrowsAsync<Refusal>(() => PutAsync(node, Rule with { Name = "d" }));
        Assert.Equal("LimitExceededException", refusal.Code);
        refusal = await Assert.ThrowsAsync<Refusal>(() => PutAsync(node, Rule with { Bus = "none" }));
        Assert.Equal("Event bus none does not exist.", refusal.Message);
    }

    [Fact]
    public async Task Rules_are_listed_by_name_behind_a_prefix_page_by_page()
    {
        await using var node = await NodeAsync(most: 10);
        foreach (var name in new[] { "ab", "b", "a", "a_", "A", "a.b", "a0" })
        {
            await PutAsync(node, Rule with { Name = name });
        }

        Assert.Equal(["A", "a", "a.b", "a0", "a_", "ab", "b"], await NamesAsync("", null, 10));
        Assert.Equal(["a", "a.b", "a0", "a_", "ab"], await NamesAsync("a", null, 10));
        Assert.Equal(["a0", "a_"], await NamesAsync("a", "a.b", 2));
        Assert.Equal(["ab"], await NamesAsync("ab", null, 2));
        Assert.Empty(await NamesAsync("ab", "ab", 2));
        Assert.Empty(await NamesAsync("c", null, 2));

        async Task<IEnumerable<string>> NamesAsync(string prefix, string? after, int take) =>
            (await node.Rules.ListAsync(World.Owner, EventBus.Default, prefix, after, take, CancellationToken.None)).Select(r => r.Name);
    }

    private async Task<Node> NodeAsync(int most = 3)
    {
        await World.Log.WriteServerAsync(
            async db =>
            {
                db.Accounts.Add(new Account { Id = World.Owner, CreatedAt = DateTimeOffset.UnixEpoch });
                await db.SaveChangesAsync();
            },
            CancellationToken.None);
        var revisions = new AccountRevisions(World.Database);
        var log = new ChangeLog(World.Database, World.Stamps, revisions, TimeProvider.System);
        var quotas = new Quotas { RulesPerEventBus = most, TargetsPerRule = 2 };
        return new Node(
            log,
            new EventRuleStore(World.Database, log, quotas, TimeProvider.System),
            new EventTargetStore(World.Database, log, quotas),
            new EventRules(World.Database, revisions));
    }

    private static Task<EventRule> PutAsync(Node node, RuleName name) => node.Rules.PutAsync(
        name, new RuleContent(EventRule.Enabled, """{"source":["a"]}""", "as it was", null), NoTags, World.Actor, CancellationToken.None);

    private static EventTarget Target(string id) => new()
    {
        AccountId = World.Owner,
        Bus = EventBus.Default,
        Rule = Rule.Name,
        Id = id,
        Arn = "arn:aws:sqs:us-east-1:123456789012:packages",
        Settings = "{}",
    };

    private sealed record Node(ChangeLog Log, EventRuleStore Rules, EventTargetStore Targets, EventRules Sets) : IAsyncDisposable
    {
        public ValueTask DisposeAsync() => Log.DisposeAsync();
    }
}
