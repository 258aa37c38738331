using System.Reflection;
using Granary.Core;
using Granary.Core.Assets.AzureBlobs;
using Granary.Core.Assets.S3;
using Granary.Core.Encryption;
using Granary.Server.Encryption;
using Granary.Server.Hosting;
using Granary.Server.Throttling;

namespace Granary.Tests.Hosting;

/// <summary>What operators write in granary.json. What comes from the environment is read by the same code; see StartFaultTests.</summary>
public sealed class SettingsTests : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("granary");

    public void Dispose() => folder.Delete(recursive: true);

    [Theory]
    [InlineData("Host=db;Database=granary", 30)]
    [InlineData("Host=db;Maximum Pool Size=100", 100)]
    [InlineData("Host=db;maxpoolsize=7", 7)]
    public void A_node_leaves_connections_to_the_others_unless_it_is_told_how_many_to_take(string database, int connections) =>
        Assert.Equal(connections, new Npgsql.NpgsqlConnectionStringBuilder(Settings.Read(folder.FullName, null, database, quickstart: false).Database).MaxPoolSize);

    [Theory]
    [InlineData("http://localhost:8080;https://localhost:8443", "http://localhost:8080")]
    [InlineData("http://*:8080", "http://localhost:8080")]
    [InlineData("https://0.0.0.0:8443/", "https://localhost:8443")]
    [InlineData("http://[::]:80; http://10.0.0.5:81", "http://localhost:80")]
    [InlineData("http://[::1]:8080", "http://[::1]:8080")]
    public void Clients_are_told_an_address_that_they_can_connect_to(string urls, string endpoint) =>
        Assert.Equal(endpoint, new ServeOptions { Data = "", Urls = urls }.Endpoint);

    [Fact]
    public void Has_codeartifacts_quotas_and_no_rates_where_nothing_is_said()
    {
        var options = Read("{}");
        Assert.Equal(new Quotas(), options.Quotas);
        Assert.Equal(
            (10, 1000, 10, 25, 5L << 30, 350, 2L << 30, 50),
            (options.Quotas.DomainsPerAccount, options.Quotas.RepositoriesPerDomain, options.Quotas.UpstreamsPerRepository, options.Quotas.RepositoriesPerSearch,
                options.Quotas.AssetSize, options.Quotas.AssetsPerVersion, options.Quotas.PublishRequestSize, options.Quotas.TagsPerResource));
        Assert.All(typeof(Rates).GetProperties(BindingFlags.Public | BindingFlags.Instance), rate => Assert.Null(rate.GetValue(options.Rates)));
        Assert.Empty(options.TrustedProxies);
    }

    [Fact]
    public void Every_quota_and_every_rate_is_a_setting_of_its_name()
    {
        foreach (var member in typeof(Quotas).GetProperties())
        {
            Assert.Equal(7L, Convert.ToInt64(member.GetValue(Read($$"""{"Quotas":{"{{member.Name}}":7} }""").Quotas), null));
        }

        foreach (var member in typeof(Rates).GetProperties(BindingFlags.Public | BindingFlags.Instance))
        {
            Assert.Equal(7, member.GetValue(Read($$$"""{"Quotas":{"Rates":{"{{{member.Name}}}":"7"} } }""").Rates));
        }
    }

    [Fact]
    public void A_preset_sets_all_rates_and_single_ones_go_before_it()
    {
        Assert.Equal(Rates.CodeArtifact, Read("""{"Quotas":{"Rates":{"Preset":"codeartifact"}}}""").Rates);
        Assert.All(typeof(Rates).GetProperties(BindingFlags.Public | BindingFlags.Instance), rate => Assert.NotNull(rate.GetValue(Rates.CodeArtifact)));
        Assert.Equal(
            Rates.CodeArtifact with { ReadsPerAccount = 5000, ListPackages = null },
            Read("""{"quotas":{"rates":{"preset":"CodeArtifact","readsPerAccount":5000,"ListPackages":"off"}}}""").Rates);
        Assert.Equal(new Rates { WritesPerAccount = 3 }, Read("""{"Quotas":{"Rates":{"Preset":"off","WritesPerAccount":3}}}""").Rates);
    }

    [Fact]
    public void Keys_of_encrypted_domains_are_this_servers_own_unless_a_key_service_is_named()
    {
        var own = Read("{}");
        Assert.Equal((null, new EncryptionOptions()), (own.Kms, own.Encryption));
        Assert.Equal((false, TimeSpan.FromMinutes(5)), (own.Encryption.EveryDomain, own.Encryption.KeyCache));
        var kms = Read("""{"Region":"eu-west-1","Encryption":{"Keys":"KMS","Endpoint":"http://127.0.0.1:5000","AccessKey":"a","SecretKey":"hidden","EveryDomain":true,"DefaultKey":"alias/all","KeyCache":"30s"}}""");
        Assert.Equal(new KmsOptions { Endpoint = new Uri("http://127.0.0.1:5000"), Region = "eu-west-1", AccessKey = "a", SecretKey = "hidden" }, kms.Kms);
        Assert.Equal(new EncryptionOptions { EveryDomain = true, DefaultKey = "alias/all", KeyCache = TimeSpan.FromSeconds(30) }, kms.Encryption);
    }

    [Fact]
    public void Takes_lists_of_json_and_lists_in_one_text_alike()
    {
        var options = Read("""{"AllowedHosts":["a.example","*.b.example"],"TrustedProxies":["10.0.0.0/8","192.0.2.1","2001:db8::/32","::1"]}""");
        Assert.Equal(["a.example", "*.b.example"], options.AllowedHosts);
        Assert.Equal(["10.0.0.0/8", "192.0.2.1/32", "2001:db8::/32", "::1/128"], options.TrustedProxies.Select(n => n.ToString()));
        var other = Read("""{"AllowedHosts":"a.example; *.b.example","TrustedProxies":"10.0.0.0/8;192.0.2.1, 2001:db8::/32,::1"}""");
        Assert.Equal(options.AllowedHosts, other.AllowedHosts);
        Assert.Equal(options.TrustedProxies, other.TrustedProxies);
    }

    [Fact]
    public void Keeps_assets_in_files_unless_an_object_store_is_set()
    {
        Assert.Equal((null, null), (Read("{}").S3, Read("{}").Azure));
        Assert.Null(Read("""{"Storage":{"Kind":"Files","S3":{"Bucket":"for-later"}}}""").S3);
        Assert.Equal(
            new S3Options { Bucket = "granary", Region = "eu-west-3" },
            Read("""{"Region":"eu-west-3","Storage":{"Kind":"s3","S3":{"Bucket":"granary"}}}""").S3);
        Assert.Equal(
            new S3Options
            {
                Bucket = "granary",
                Prefix = "teams/one/",
                ServiceUrl = new Uri("https://s3.example.com:9000/"),
                Region = "us-west-2",
                AccessKey = "key",
                SecretKey = "secret",
                PathStyle = true,
                Redirect = true,
            },
            Read(
                """
                {"Region":"eu-west-3","Storage":{"Kind":"S3","S3":{"Bucket":"granary","Prefix":"/teams/one","ServiceUrl":"https://s3.example.com:9000",
                "Region":"us-west-2","AccessKey":"key","SecretKey":"secret","Redirect":true}}}
                """).S3);
        Assert.False(Read("""{"Storage":{"Kind":"s3","S3":{"Bucket":"granary","ServiceUrl":"https://s3.example.com","PathStyle":false}}}""").S3!.PathStyle);
        Assert.Equal(
            new AzureOptions { Container = "granary", AccountName = "acme", AccountKey = "c2VjcmV0" },
            Read("""{"Storage":{"Kind":"azure","Azure":{"Container":"granary","AccountName":"acme","AccountKey":"c2VjcmV0"}}}""").Azure);
        Assert.Equal(
            new AzureOptions
            {
                Container = "my-granary",
                Prefix = "teams/one/",
                ServiceUrl = new Uri("http://127.0.0.1:10000/acme"),
                AccountName = "acme",
                SasToken = "sv=2021-12-02&sp=rcwdl&sig=a%2Fb%3D",
            },
            Read(
                """
                {"Storage":{"Kind":"Azure","Azure":{"Container":"my-granary","Prefix":"/teams/one","ServiceUrl":"http://127.0.0.1:10000/acme","AccountName":"acme",
                "SasToken":"?sv=2021-12-02&sp=rcwdl&sig=a%2Fb%3D"}}}
                """).Azure);
        Assert.Null(Read("""{"Storage":{"Kind":"azure","Azure":{"Container":"granary","AccountName":"acme","AccountKey":"c2VjcmV0"}}}""").S3);
    }

    [Theory]
    [InlineData("""{"Kind":"floppy"}""", "Storage:Kind: 'floppy' is neither files nor s3 nor azure.")]
    [InlineData("""{"Kind":"s3"}""", "Storage:S3:Bucket: it is missing. Name the bucket")]
    [InlineData("""{"Kind":"s3","S3":{"Bucket":"My_Bucket"}}""", "Storage:S3:Bucket: 'My_Bucket' is no name of a bucket.")]
    [InlineData("""{"Kind":"s3","S3":{"Bucket":"granary","Prefix":"../x"}}""", "Storage:S3:Prefix: '../x' cannot be.")]
    [InlineData("""{"Kind":"s3","S3":{"Bucket":"granary","ServiceUrl":"s3.example.com"}}""", "Storage:S3:ServiceUrl: 's3.example.com' is not an absolute http or https address.")]
    [InlineData("""{"Kind":"s3","S3":{"Bucket":"granary","ServiceUrl":"https://key:hidden@s3.example.com"}}""", "Storage:S3:ServiceUrl: write the store's address alone")]
    [InlineData("""{"Kind":"s3","S3":{"Bucket":"granary","Region":"nowhere!"}}""", "Storage:S3:Region: 'nowhere!' is no region.")]
    [InlineData("""{"Kind":"s3","S3":{"Bucket":"granary","AccessKey":"hidden"}}""", "Storage:S3:SecretKey: it is missing.")]
    [InlineData("""{"Kind":"s3","S3":{"Bucket":"granary","SecretKey":"hidden"}}""", "Storage:S3:AccessKey: it is missing.")]
    [InlineData("""{"Kind":"s3","S3":{"Bucket":"granary","Redirect":"often"}}""", "Storage:S3:Redirect: 'often' is neither true nor false.")]
    [InlineData("""{"Kind":"s3","S3":{"Buckets":"granary"}}""", "Storage:S3:Buckets: there is no such setting. Did you mean Storage:S3:Bucket?")]
    [InlineData("""{"Kind":"azure"}""", "Storage:Azure:Container: it is missing. Name the container")]
    [InlineData("""{"Kind":"azure","Azure":{"Container":"My--Container"}}""", "Storage:Azure:Container: 'My--Container' is no name of a container.")]
    [InlineData("""{"Kind":"azure","Azure":{"Container":"granary"}}""", "Storage:Azure:AccountName: it is missing.")]
    [InlineData("""{"Kind":"azure","Azure":{"Container":"granary","AccountName":"acme.blob"}}""", "Storage:Azure:AccountName: 'acme.blob' is no name of a storage account.")]
    [InlineData("""{"Kind":"azure","Azure":{"Container":"granary","AccountName":"acme"}}""", "Storage:Azure:AccountKey: it is missing. Set it to a key of the account, or set Storage:Azure:SasToken.")]
    [InlineData("""{"Kind":"azure","Azure":{"Container":"granary","AccountName":"acme","AccountKey":"hidden!"}}""", "Storage:Azure:AccountKey: this is no key of a storage account")]
    [InlineData("""{"Kind":"azure","Azure":{"Container":"granary","AccountName":"acme","SasToken":"https://acme?sv=1&sig=hidden"}}""", "Storage:Azure:SasToken: this is no shared access signature.")]
    [InlineData("""{"Kind":"azure","Azure":{"Container":"granary","AccountName":"acme","SasToken":"sv=1&hidden=2"}}""", "Storage:Azure:SasToken: this is no shared access signature.")]
    [InlineData("""{"Kind":"azure","Azure":{"Container":"granary","AccountName":"acme","SasToken":"sig=hidden","AccountKey":"c2VjcmV0"}}""", "Storage:Azure:SasToken: Storage:Azure:AccountKey is set too.")]
    [InlineData("""{"Kind":"azure","Azure":{"Container":"granary","AccountName":"acme","SasToken":"sig=hidden","Redirect":true}}""", "Storage:Azure:Redirect: addresses for clients are signed with the account's key.")]
    [InlineData("""{"Kind":"azure","Azure":{"Container":"granary","AccountName":"acme","AccountKey":"c2VjcmV0","Prefix":"a.b"}}""", "Storage:Azure:Prefix: 'a.b' cannot be.")]
    [InlineData("""{"Kind":"azure","Azure":{"Container":"granary","AccountName":"acme","AccountKey":"c2VjcmV0","ServiceUrl":"https://acme.blob.core.windows.net/?sig=hidden"}}""", "Storage:Azure:ServiceUrl: write the blob endpoint alone")]
    [InlineData("""{"Kind":"azure","Azure":{"Container":"granary","AccountName":"acme","AccountKey":"c2VjcmV0","ServiceUrl":"https://acme.blob.core.windows.net/acme"}}""", "Storage:Azure:ServiceUrl: write the blob endpoint alone")]
    [InlineData("""{"Kind":"azure","Azure":{"Containers":"granary"}}""", "Storage:Azure:Containers: there is no such setting. Did you mean Storage:Azure:Container?")]
    [InlineData("""{"Kinds":"s3"}""", "Storage:Kinds: there is no such setting. Did you mean Storage:Kind?")]
    public void Names_what_an_object_store_needs_and_never_a_key(string storage, string message)
    {
        var said = Assert.Throws<FormatException>(() => Read($$"""{"Storage":{{storage}}}""")).Message;
        Assert.Contains(message, said, StringComparison.Ordinal);
        Assert.DoesNotContain("hidden", said, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"Quotas":{"DomainPerAccount":3}}""", "Quotas:DomainPerAccount: there is no such setting. Did you mean Quotas:DomainsPerAccount?")]
    [InlineData("""{"Quotas":{"DomainsPerAccount":0}}""", "Quotas:DomainsPerAccount: '0' cannot be. Write a whole number from 1 to 2147483647.")]
    [InlineData("""{"Quotas":{"DomainsPerAccount":-1}}""", "Quotas:DomainsPerAccount: '-1'")]
    [InlineData("""{"Quotas":{"DomainsPerAccount":1.5}}""", "Quotas:DomainsPerAccount: '1.5'")]
    [InlineData("""{"Quotas":{"DomainsPerAccount":2147483648}}""", "Quotas:DomainsPerAccount: '2147483648'")]
    [InlineData("""{"Quotas":{"domainsperaccount":"ten"}}""", "Quotas:DomainsPerAccount: 'ten'")]
    [InlineData("""{"Quotas":{"DomainsPerAccount":{"a":1}}}""", "Quotas:DomainsPerAccount: ''")]
    [InlineData("""{"Quotas":{"DomainsPerAccount":"off"}}""", "Quotas:DomainsPerAccount: 'off'")]
    [InlineData("""{"Quotas":{"RepositoriesPerSearch":1001}}""", "from 1 to 1000.")]
    [InlineData("""{"Quotas":{"AssetSize":"5 GB"}}""", "Quotas:AssetSize: '5 GB' cannot be. Write a whole number from 1 to 9223372036854775807.")]
    [InlineData("""{"Quotas":{"Rates":"codeartifact"}}""", "Write Quotas:Rates:Preset")]
    [InlineData("""{"Quotas":{"Rates":{"Preset":"aws"}}}""", "Quotas:Rates:Preset: 'aws' is neither off nor codeartifact.")]
    [InlineData("""{"Quotas":{"Rates":{"Reads":1}}}""", "Quotas:Rates:Reads: there is no such setting.")]
    [InlineData("""{"Quotas":{"Rates":{"ListPackages":0}}}""", "Quotas:Rates:ListPackages: '0' cannot be. Write a whole number from 1 to 2147483647, or off.")]
    [InlineData("""{"AllowedHost":"x"}""", "AllowedHost: there is no such setting. Did you mean AllowedHosts? Known are AllowedHosts, Collection, Database, Encryption, Events, ExternalConnections, Metrics, Pricing, PublicUrl, Quotas, Region, Scrub, Shutdown, Storage, Tls, Trail, TrustedProxies, Urls, Usage.")]
    [InlineData("""{"Nonsense":{"a":1}}""", "Nonsense: there is no such setting. Known are ")]
    [InlineData("""{"Trail":{"Retention":1}}""", "Trail:Retention: there is no such setting. Did you mean Trail:RetentionDays? Known are Trail:Reads, Trail:RetentionDays.")]
    [InlineData("""{"Tls":{"certificat":"x"}}""", "Tls:certificat: there is no such setting. Did you mean Tls:Certificate?")]
    [InlineData("""{"Collection":{"Grace":"2 hours"}}""", "Collection:Grace: '2 hours' is no span of time. Write one such as 90s, 30m, 2h or 7d, or 0.")]
    [InlineData("""{"Collection":{"Interval":"60"}}""", "Collection:Interval: '60'")]
    [InlineData("""{"Shutdown":{"Grace":"2s"}}""", "Shutdown:Grace: there is no such setting. Known are Shutdown:Delay, Shutdown:Limit.")]
    [InlineData("""{"Collection":{"Graze":"2h"}}""", "Did you mean Collection:Grace?")]
    [InlineData("""{"Scrub":{"BytesPerSecond":0}}""", "Scrub:BytesPerSecond: '0' is no number of bytes.")]
    [InlineData("""{"Encryption":{"Keys":"vault"}}""", "Encryption:Keys: 'vault' is neither local nor kms.")]
    [InlineData("""{"Encryption":{"Key":"local"}}""", "Encryption:Key: there is no such setting. Did you mean Encryption:Keys?")]
    [InlineData("""{"Encryption":{"EveryDomain":"yes"}}""", "Encryption:EveryDomain: 'yes' is neither true nor false.")]
    [InlineData("""{"Encryption":{"KeyCache":"5 min"}}""", "Encryption:KeyCache: '5 min' is no span of time.")]
    [InlineData("""{"Encryption":{"Keys":"kms","EveryDomain":true}}""", "Encryption:DefaultKey: it is missing.")]
    [InlineData("""{"Encryption":{"Keys":"kms","AccessKey":"a"}}""", "Encryption:SecretKey: it is missing.")]
    [InlineData("""{"Encryption":{"Keys":"kms","Endpoint":"https://a:b@kms.example"}}""", "Encryption:Endpoint: write the key service's address alone")]
    [InlineData("""{"Metrics":{"Url":"http://localhost:9464"}}""", "Did you mean Metrics:Urls?")]
    [InlineData("""{"Metrics":{"Urls":"9464"}}""", "Metrics:Urls: '9464' is not an address such as http://localhost:8080.")]
    [InlineData("""{"Metrics":{"TokenFile":"/nowhere/token"}}""", "Metrics:TokenFile: /nowhere/token cannot be read")]
    [InlineData("""{"Usage":{"Enabled":"perhaps"}}""", "Usage:Enabled: 'perhaps' is neither true nor false.")]
    [InlineData("""{"Usage":{"Enable":true}}""", "Did you mean Usage:Enabled?")]
    [InlineData("""{"Pricing":{"StorageGbMonth":"-1"}}""", "Pricing:StorageGbMonth: '-1' is no price in US dollars.")]
    [InlineData("""{"Pricing":{"StorageGbMont":1}}""", "Did you mean Pricing:StorageGbMonth?")]
    [InlineData("""{"TrustedProxies":"proxy.example"}""", "TrustedProxies: 'proxy.example' is neither an address nor a network.")]
    [InlineData("""{"TrustedProxies":["10.0.0.0/33"]}""", "TrustedProxies: '10.0.0.0/33' is neither an address nor a network.")]
    public void Names_what_cannot_be_and_what_could(string json, string message) =>
        Assert.Contains(message, Assert.Throws<FormatException>(() => Read(json)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("0", 0)]
    [InlineData("90s", 90)]
    [InlineData("30m", 1800)]
    [InlineData("2h", 7200)]
    [InlineData("3650d", 315_360_000)]
    public void Spans_of_time_are_read_as_people_write_them(string text, int seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), Read($$"""{"Collection": {"Grace": "{{text}}"} }""").Collection.Grace);

    [Fact]
    public void A_server_ends_at_once_and_in_three_seconds_unless_it_is_told_otherwise()
    {
        Assert.Equal(new ShutdownOptions { Delay = TimeSpan.Zero, Limit = TimeSpan.FromSeconds(3) }, Read("{}").Shutdown);
        Assert.Equal(new ShutdownOptions { Delay = TimeSpan.FromSeconds(5), Limit = TimeSpan.FromMinutes(1) }, Read("""{"Shutdown":{"Delay":"5s","Limit":"1m"}}""").Shutdown);
    }

    private ServeOptions Read(string json)
    {
        File.WriteAllText(Path.Combine(folder.FullName, "granary.json"), json);
        return Settings.Read(folder.FullName, null, null, quickstart: false);
    }
}
