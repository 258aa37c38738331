using System.Net;
using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using Granary.ClientTests.Harness;

namespace Granary.ClientTests.Formats;

/// <summary>What every format does, by the format's own tools, the AWS CLI and, where no tool shows it, plain requests.</summary>
public abstract class FormatContract<TEcosystem>(FormatServer<TEcosystem> place) : IClassFixture<FormatServer<TEcosystem>>, IDisposable
    where TEcosystem : Ecosystem, new()
{
    private readonly ClientHome home = new();

    private TEcosystem Ecosystem => place.Ecosystem;

    private Shelf Shop => place.Shop;

    public void Dispose()
    {
        GC.SuppressFinalize(this);
        home.Dispose();
    }

    [Fact]
    public async Task What_is_published_is_installed_and_described()
    {
        Applies();
        var item = Fresh("plain");

        await PublishAsync(item);

        (await InstallAsync(item.Name)).MustBe(item);
        var described = (await place.Aws.RunAsync(["describe-package-version", .. place.Package(item.Name), "--package-version", item.Version]))["packageVersion"]!;
        Assert.Equal(("Published", "INTERNAL", "shop"), (
            (string?)described["status"], (string?)described["origin"]!["originType"], (string?)described["origin"]!["domainEntryPoint"]!["repositoryName"]));
        var origins = (await place.Aws.RunAsync(["describe-package", .. place.Package(item.Name)]))["package"]!["originConfiguration"]!["restrictions"]!;
        Assert.Equal(("ALLOW", "BLOCK"), ((string?)origins["publish"], (string?)origins["upstream"]));
    }

    [Fact]
    public async Task The_same_bytes_again_change_nothing()
    {
        Applies();
        var item = Fresh("again");
        await PublishAsync(item);
        var before = await RevisionAsync(item);

        var again = await Ecosystem.PublishAsync(home, Shop, item);

        if (Ecosystem.NeverTwice is null)
        {
            again.MustSucceed();
        }
        else
        {
            again.MustFail();
        }

        Assert.Equal(before, await RevisionAsync(item));
        (await InstallAsync(item.Name)).MustBe(item);
    }

    [Fact]
    public async Task Other_bytes_are_refused()
    {
        Applies();
        var item = Fresh("other");
        await PublishAsync(item);

        (await Ecosystem.PublishAsync(home, Shop, item with { Mark = "other bytes" })).MustFail();

        (await InstallAsync(item.Name)).MustBe(item);
    }

    [Fact]
    public async Task Of_two_at_once_one_wins()
    {
        Applies();
        var item = Fresh("race");
        Item[] rivals = [item with { Mark = "the first of two" }, item with { Mark = "the second of two" }];
        using var another = new ClientHome();

        var results = await Task.WhenAll(Ecosystem.PublishAsync(home, Shop, rivals[0]), Ecosystem.PublishAsync(another, Shop, rivals[1]));

        var won = Assert.Single(results.Index(), result => result.Item.ExitCode == 0).Index;
        (await InstallAsync(item.Name)).MustBe(rivals[won]);
    }

    [Fact]
    public async Task A_public_package_is_installed_kept_and_told_from_ones_own()
    {
        Applies();
        var item = Fresh("public");
        Ecosystem.Offer(item);

        (await InstallAsync(item.Name)).MustBe(item);

        foreach (var repository in (string[])["shop", "store"])
        {
            var described = (await place.Aws.RunAsync(["describe-package-version", .. place.Package(item.Name, repository), "--package-version", item.Version]))["packageVersion"]!;
            Assert.Equal(("EXTERNAL", Ecosystem.Source!.Value.Name), (
                (string?)described["origin"]!["originType"], (string?)described["origin"]!["domainEntryPoint"]!["externalConnectionName"]));
        }

        (await Ecosystem.PublishAsync(home, Shop, item with { Version = "2.0.0" })).MustFail();
        (await InstallAsync(item.Name)).MustBe(item);
    }

    [Fact]
    public async Task What_nobody_has_is_not_found()
    {
        Applies();
        var name = Fresh("nowhere").Name;

        (await InstallAsync(name)).MustFail();

        await place.Aws.RefusedAsync("ResourceNotFoundException", ["describe-package", .. place.Package(name)]);
    }

    [Fact]
    public async Task While_the_source_is_down_what_is_kept_is_installed()
    {
        Applies();
        var (kept, unknown) = (Fresh("kept"), Fresh("unknown"));
        Ecosystem.Offer(kept);
        Ecosystem.Offer(unknown);
        (await InstallAsync(kept.Name)).MustBe(kept);

        Ecosystem.SwitchSourceOff();
        try
        {
            (await InstallAsync(kept.Name, kept.Version)).MustBe(kept);
            (await InstallAsync(unknown.Name, unknown.Version)).MustFail();
        }
        finally
        {
            Ecosystem.SwitchSourceOn();
        }

        (await InstallAsync(unknown.Name, unknown.Version)).MustBe(unknown);
    }

    [Fact]
    public async Task The_next_installation_obeys_a_status()
    {
        Applies();
        var older = Fresh("status");
        var newer = older with { Version = "1.1.0", Mark = "the newer one" };
        await PublishAsync(older);
        await PublishAsync(newer);
        (await InstallAsync(older.Name)).MustBe(newer);

        await SetStatusAsync(newer, "Unlisted");
        (await InstallAsync(older.Name)).MustBe(older);
        await SetStatusAsync(newer, "Archived");
        (await InstallAsync(older.Name)).MustBe(older);
        (await InstallAsync(older.Name, newer.Version)).MustFail();
        if (Ecosystem.AssetPath(newer.Name, newer.Version) is { } asset)
        {
            Assert.Equal(HttpStatusCode.NotFound, (await GetAsync(Shop, asset)).Status);
        }

        (await Ecosystem.PublishAsync(home, Shop, newer)).MustFail();
        await SetStatusAsync(newer, "Published");
        (await InstallAsync(older.Name)).MustBe(newer);

        await place.Aws.RunAsync(["dispose-package-versions", .. place.Package(newer.Name), "--versions", newer.Version]);
        (await InstallAsync(older.Name)).MustBe(older);
        (await InstallAsync(older.Name, newer.Version)).MustFail();
    }

    [Fact]
    public async Task Origin_controls_hide_public_versions_and_refuse_publishing()
    {
        Applies();
        var item = Fresh("blocked");
        Ecosystem.Offer(item);
        (await InstallAsync(item.Name)).MustBe(item);
        await place.Aws.RunAsync(["delete-package-versions", .. place.Package(item.Name), "--versions", item.Version]);

        await BlockAsync(item, publish: "ALLOW", upstream: "BLOCK");
        (await InstallAsync(item.Name)).MustFail();
        var own = item with { Version = "2.0.0", Mark = "our own" };
        await PublishAsync(own);
        (await InstallAsync(item.Name)).MustBe(own);

        await BlockAsync(item, publish: "BLOCK", upstream: "BLOCK");
        (await Ecosystem.PublishAsync(home, Shop, item with { Version = "3.0.0" })).MustFail();
        (await InstallAsync(item.Name)).MustBe(own);
    }

    [Fact]
    public async Task A_package_group_does_the_same_for_names_that_nobody_has_used()
    {
        Applies();
        var (own, foreign) = (Fresh("group"), Fresh("group"));
        Ecosystem.Offer(foreign);
        await RestrictAsync(own, "PUBLISH=BLOCK");
        await RestrictAsync(foreign, "EXTERNAL_UPSTREAM=BLOCK");

        (await Ecosystem.PublishAsync(home, Shop, own)).MustFail();
        (await InstallAsync(foreign.Name)).MustFail();
        Assert.Equal(0, Ecosystem.Asked(foreign.Name));

        await RestrictAsync(own, "PUBLISH=ALLOW");
        await RestrictAsync(foreign, "EXTERNAL_UPSTREAM=ALLOW");
        await PublishAsync(own);
        (await InstallAsync(foreign.Name)).MustBe(foreign);
    }

    [Fact]
    public async Task A_copy_is_installed_from_where_it_was_copied_to()
    {
        Applies();
        var item = Fresh("copy");
        await PublishAsync(item);
        (await Ecosystem.InstallAsync(home, place.Lonely, item.Name)).MustFail();

        await place.Aws.RunAsync(
        [
            "copy-package-versions", "--source-repository", "shop", "--destination-repository", "lonely", "--versions", item.Version,
            .. place.Package(item.Name).Except(["--repository", "shop"]),
        ]);

        (await Ecosystem.InstallAsync(home, place.Lonely, item.Name)).MustBe(item);
    }

    [Fact]
    public async Task A_deleted_version_is_gone_and_its_number_free()
    {
        Applies();
        var item = Fresh("deleted");
        await PublishAsync(item);

        await place.Aws.RunAsync(["delete-package-versions", .. place.Package(item.Name), "--versions", item.Version]);
        (await InstallAsync(item.Name)).MustFail();
        var another = item with { Mark = "published after that" };
        await PublishAsync(another);
        (await InstallAsync(item.Name)).MustBe(another);

        await place.Aws.RunAsync(["delete-package", .. place.Package(item.Name)]);
        (await InstallAsync(item.Name)).MustFail();
    }

    [Fact]
    public async Task Who_may_not_read_or_publish_does_not()
    {
        Applies();
        var item = Fresh("private");
        await PublishAsync(item);
        var reader = Shop with { Token = await place.TokenOfAsync("codeartifact:ReadFromRepository") };
        var stranger = Shop with { Token = await place.TokenOfAsync("codeartifact:ListDomains") };

        (await Ecosystem.InstallAsync(home, reader, item.Name)).MustBe(item);
        (await Ecosystem.PublishAsync(home, reader, item with { Version = "2.0.0" })).MustFail();
        (await Ecosystem.InstallAsync(home, stranger, item.Name)).MustFail();
        (await Ecosystem.InstallAsync(home, Shop with { Token = "not-a-token" }, item.Name)).MustFail();
        foreach (var path in Paths(item))
        {
            Assert.Equal(HttpStatusCode.OK, (await GetAsync(reader, path)).Status);
            Assert.Equal(HttpStatusCode.Forbidden, (await GetAsync(stranger, path)).Status);
            Assert.Equal(HttpStatusCode.Unauthorized, (await GetAsync(Shop with { Token = "not-a-token" }, path)).Status);
        }

        await place.Aws.RefusedAsync("ResourceNotFoundException", ["describe-package-version", .. place.Package(item.Name), "--package-version", "2.0.0"]);
    }

    [Fact]
    public async Task What_a_client_has_already_is_304()
    {
        Applies();
        var item = Fresh("conditional");
        await PublishAsync(item);
        foreach (var path in Paths(item))
        {
            var first = (await GetAsync(Shop, path)).Must(HttpStatusCode.OK);
            var again = await GetAsync(Shop, path, first.Headers.ETag);
            Assert.Equal((HttpStatusCode.NotModified, 0, first.Headers.ETag), (again.Status, again.Body.Length, again.Headers.ETag));
            var head = await SendAsync(Shop.Request(HttpMethod.Head, Ecosystem.Format, path));
            Assert.Equal((HttpStatusCode.OK, 0, first.ContentHeaders.ContentLength), (head.Status, head.Body.Length, head.ContentHeaders.ContentLength));
        }

        var listing = Paths(item)[0];
        var known = (await GetAsync(Shop, listing)).Headers.ETag;
        await PublishAsync(item with { Version = "2.0.0" });
        Assert.Equal(HttpStatusCode.OK, (await GetAsync(Shop, listing, known)).Status);
    }

    [Fact]
    public async Task Hostile_uploads_are_refused_and_leave_nothing()
    {
        Applies();
        var item = Fresh("hostile");
        var taken = new List<string>();
        foreach (var (what, upload) in Ecosystem.Hostile(Shop, item))
        {
            var answer = await SendAsync(upload);
            if (!answer.IsRefusal)
            {
                taken.Add($"{what}: {answer}");
            }
        }

        Assert.Empty(taken);
        await place.Aws.RefusedAsync("ResourceNotFoundException", ["describe-package-version", .. place.Package(item.Name), "--package-version", item.Version]);
        await PublishAsync(item);
        (await InstallAsync(item.Name)).MustBe(item);
    }

    private static Item Fresh(string stem)
    {
        var name = SharedServer.Fresh(stem);
        return new Item(name, "1.0.0", $"the bytes of {name}");
    }

    private string[] Paths(Item item) => [Ecosystem.ListingPath(item.Name)!, Ecosystem.AssetPath(item.Name, item.Version)!];

    private void Applies([CallerMemberName] string cell = "")
    {
        if (Ecosystem.Inapplicable.GetValueOrDefault(cell) is { } why)
        {
            Assert.Skip(why);
        }
    }

    private async Task PublishAsync(Item item) => (await Ecosystem.PublishAsync(home, Shop, item)).MustSucceed();

    private Task<Installation> InstallAsync(string name, string? version = null) => Ecosystem.InstallAsync(home, Shop, name, version);

    private async Task<string?> RevisionAsync(Item item) =>
        (string?)(await place.Aws.RunAsync(["describe-package-version", .. place.Package(item.Name), "--package-version", item.Version]))["packageVersion"]!["revision"];

    private async Task SetStatusAsync(Item item, string status) =>
        await place.Aws.RunAsync(["update-package-versions-status", .. place.Package(item.Name), "--versions", item.Version, "--target-status", status]);

    private async Task BlockAsync(Item item, string publish, string upstream) =>
        await place.Aws.RunAsync(["put-package-origin-configuration", .. place.Package(item.Name), "--restrictions", $"publish={publish},upstream={upstream}"]);

    private async Task RestrictAsync(Item item, string restriction)
    {
        string[] group = ["--domain", GranaryServer.Domain, "--package-group", $"/{Ecosystem.Format}/{Ecosystem.Namespace}/{item.Name}$"];
        await place.Aws.TryAsync(["create-package-group", .. group]);
        await place.Aws.RunAsync(["update-package-group-origin-configuration", .. group, "--restrictions", restriction]);
    }

    private Task<Answer> GetAsync(Shelf shelf, string path, EntityTagHeaderValue? known = null)
    {
        var request = shelf.Request(HttpMethod.Get, Ecosystem.Format, path);
        if (known is not null)
        {
            request.Headers.IfNoneMatch.Add(known);
        }

        return SendAsync(request);
    }

    private async Task<Answer> SendAsync(HttpRequestMessage request)
    {
        using (request)
        {
            return await place.Server.SendAsync(request);
        }
    }
}
