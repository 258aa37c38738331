using Granary.Core;
using Granary.Core.Access.Policies;

namespace Granary.Tests.Access.Policies;

public sealed class PolicyReaderTests
{
    // The policies of the documents that Granary follows, as they stand there.
    [Theory]
    [InlineData("""{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::222333344555:user/bob"}, "Action": ["codeartifact:ReadFromRepository", "codeartifact:GetPackageVersionReadme"], "Resource": "*"}]}""")]
    [InlineData("""{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": ["arn:aws:iam::222222222222:root", "arn:aws:iam::333333333333:root"]}, "Action": "codeartifact:ReadFromRepository"}]}""")]
    [InlineData("""{"Id": "x", "Statement": {"Sid": "all of it", "Effect": "Deny", "NotPrincipal": {"AWS": ["111122223333", "arn:aws:sts::111122223333:assumed-role/ci/build"]}, "NotAction": "codeartifact:Describe*", "NotResource": "arn:aws:codeartifact:*:*:package/d/r/npm//x"}}""")]
    [InlineData("""{"Statement": {"Effect": "Allow", "Principal": "*", "Action": "*", "Condition": {"Bool": {"aws:SecureTransport": true}}}}""")]
    [InlineData("""{"Statement": {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "codeartifact:*"}}""")]
    [InlineData("""{"Statement": {"Effect": "Allow", "Principal": {"Service": "codebuild.amazonaws.com", "AWS": "arn:aws:iam::111122223333:role/path/to/ci"}, "Action": "codeartifact:*"}}""")]
    [InlineData("""{"Version": "2008-10-17", "Statement": {"Effect": "Allow", "Principal": "*", "Action": ["s3:a-b_c?d*", "my-service:*"], "Resource": ["arn:*", "arn:aws:codeartifact:*:*:repository/${x"]}}""")]
    [InlineData("""{"Statement": [{"Sid": "", "Effect": "Allow", "Principal": "*", "Action": "*"}, {"Sid": "", "Effect": "Deny", "Principal": "*", "Action": "*"}, {"Effect": "Deny", "Principal": "*", "Action": "*"}]}""")]
    public void Reads_policies_of_resources(string text) => Assert.Equal(text, PolicyDocument.Parse(text, PolicyKind.Resource).Text);

    [Theory]
    [InlineData("", "not valid JSON")]
    [InlineData("\uFEFF{}", "not valid JSON")]
    [InlineData("[]", "must be a JSON object")]
    [InlineData("{}", "no Statement")]
    [InlineData("""{"Statement": []}""", "no Statement")]
    [InlineData("""{"Statement": "x"}""", "must be a JSON object")]
    [InlineData("""{"Version": "2012-10-18", "Statement": {"Effect": "Allow", "Principal": "*", "Action": "*"}}""", "Version")]
    [InlineData("""{"Version": 2012, "Statement": {"Effect": "Allow", "Principal": "*", "Action": "*"}}""", "Version")]
    [InlineData("""{"Statement": {"Effect": "Allow", "Principal": "*", "Action": "*"}, "Comment": ""}""", "Comment")]
    [InlineData("""{"Statement": {"Effect": "Allow", "Principal": "*", "Action": "*", "Actions": "*"}}""", "Actions")]
    [InlineData("""{"Statement": {"Effect": "allow", "Principal": "*", "Action": "*"}}""", "Effect")]
    [InlineData("""{"Statement": {"Principal": "*", "Action": "*"}}""", "Effect")]
    [InlineData("""{"Statement": {"Effect": "Allow", "Effect": "Deny", "Principal": "*", "Action": "*"}}""", "twice")]
    [InlineData("""{"Statement": {"Effect": "Allow", "Principal": "*"}}""", "Action")]
    [InlineData("""{"Statement": {"Effect": "Allow", "Principal": "*", "Action": "*", "NotAction": "*"}}""", "both Action and NotAction")]
    [InlineData("""{"Statement": {"Effect": "Allow", "Principal": "*", "Action": []}}""", "empty list")]
    [InlineData("""{"Statement": {"Effect": "Allow", "Principal": "*", "Action": [["codeartifact:*"]]}}""", "list of texts")]
    [InlineData("""{"Statement": {"Effect": "Allow", "Principal": "*", "Action": "code*"}}""", "Action 'code*'")]
    [InlineData("""{"Statement": {"Effect": "Allow", "Principal": "*", "Action": "*:Read*"}}""", "Action '*:Read*'")]
    [InlineData("""{"Statement": {"Effect": "Allow", "Principal": "*", "Action": "codeartifact:[a-z]"}}""", "Action 'codeartifact:[a-z]'")]
    [InlineData("""{"Statement": {"Effect": "Allow", "Principal": "*", "Action": ":Read"}}""", "Action ':Read'")]
    [InlineData("""{"Statement": {"Effect": "Allow", "Principal": "*", "Action": "codeartifact:"}}""", "Action 'codeartifact:'")]
    [InlineData("""{"Statement": {"Effect": "Allow", "Principal": "*", "Action": "**"}}""", "Action '**'")]
    [InlineData("""{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": "*", "Action": "codeartifact:${aws:username}"}}""", "Action 'codeartifact:${aws:username}'")]
    [InlineData("""{"Statement": {"Effect": "Allow", "Principal": "*", "Action": ["codeartifact:*", 1]}}""", "list of texts")]
    [InlineData("""{"Statement": {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "my-repo"}}""", "ARN format")]
    [InlineData("""{"Statement": {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "arn:aws:codeartifact"}}""", "ARN format")]
    [InlineData("""{"Statement": {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*", "NotResource": "*"}}""", "both Resource and NotResource")]
    [InlineData("""{"Statement": [{"Sid": "a", "Effect": "Allow", "Principal": "*", "Action": "*"}, {"Sid": "a", "Effect": "Deny", "Principal": "*", "Action": "*"}]}""", "unique")]
    [InlineData("""{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "arn:aws:codeartifact:*:*:repository/${x"}}""", "does not end")]
    [InlineData("""{"Statement": {"Sid": null, "Effect": "Allow", "Principal": "*", "Action": "*"}}""", "Sid")]
    [InlineData("""{"Statement": {"Effect": true, "Principal": "*", "Action": "*"}}""", "Effect")]
    [InlineData("""{"Statement": {"Sid": 1, "Effect": "Allow", "Principal": "*", "Action": "*"}}""", "Sid")]
    [InlineData("""{"Statement": {"Effect": "Allow", "Action": "*"}}""", "no Principal")]
    [InlineData("""{"Statement": {"Effect": "Allow", "NotPrincipal": {"AWS": "111122223333"}, "Action": "*"}}""", "Deny alone")]
    [InlineData("""{"Statement": {"Effect": "Deny", "Principal": "*", "NotPrincipal": "*", "Action": "*"}}""", "both Principal and NotPrincipal")]
    [InlineData("""{"Statement": {"Effect": "Allow", "Principal": "ann", "Action": "*"}}""", "Invalid principal")]
    [InlineData("""{"Statement": {"Effect": "Allow", "Principal": [], "Action": "*"}}""", "Principal must be")]
    [InlineData("""{"Statement": {"Effect": "Allow", "Principal": {}, "Action": "*"}}""", "Principal must be")]
    [InlineData("""{"Statement": {"Effect": "Allow", "Principal": {"AWS": []}, "Action": "*"}}""", "empty list")]
    [InlineData("""{"Statement": {"Effect": "Allow", "Principal": {"aws": "*"}, "Action": "*"}}""", "no kind of principal")]
    [InlineData("""{"Statement": {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:user/*"}, "Action": "*"}}""", "Invalid principal")]
    [InlineData("""{"Statement": {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:group/g"}, "Action": "*"}}""", "Invalid principal")]
    [InlineData("""{"Statement": {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::1111:root"}, "Action": "*"}}""", "Invalid principal")]
    [InlineData("""{"Statement": {"Effect": "Allow", "Principal": {"AWS": "arn:aws:sts::111122223333:assumed-role/ci"}, "Action": "*"}}""", "Invalid principal")]
    [InlineData("""{"Statement": {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:user/"}, "Action": "*"}}""", "Invalid principal")]
    [InlineData("""{"Statement": {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root/x"}, "Action": "*"}}""", "Invalid principal")]
    [InlineData("""{"Statement": {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:user"}, "Action": "*"}}""", "Invalid principal")]
    [InlineData("""{"Statement": {"Effect": "Allow", "Principal": {"AWS": "arn:aws:sts::111122223333:assumed-role/ci/a/b"}, "Action": "*"}}""", "Invalid principal")]
    [InlineData("""{"Statement": {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam:us-east-1:111122223333:user/ann"}, "Action": "*"}}""", "Invalid principal")]
    [InlineData("""{"Statement": {"Effect": "Allow", "Principal": {"AWS": "arn:other:iam::111122223333:user/ann"}, "Action": "*"}}""", "Invalid principal")]
    [InlineData("""{"Statement": {"Effect": "Allow", "Principal": {"AWS": "11112222333a"}, "Action": "*"}}""", "Invalid principal")]
    [InlineData("""{"Statement": {"Effect": "Allow", "Principal": {"AWS": ["*", "?"]}, "Action": "*"}}""", "Invalid principal")]
    [InlineData("""{"Statement": {"Effect": "Allow", "Principal": {"AWS": "111122223333", "AWS": "*"}, "Action": "*"}}""", "twice")]
    [InlineData("""{"Statement": {"Effect": "Allow", "Principal": "*", "Action": "*", "Condition": []}}""", "JSON object")]
    [InlineData("""{"Statement": {"Effect": "Allow", "Principal": "*", "Action": "*", "Condition": null}}""", "JSON object")]
    [InlineData("""{"Statement": {"Sid": "\ud800", "Effect": "Allow", "Principal": "*", "Action": "*"}}""", "not valid JSON")]
    public void Refuses_what_is_wrong_or_not_understood(string text, string reason) => Refused(text, PolicyKind.Resource, reason);

    [Theory]
    [InlineData("""{"Statement": {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}}""", "should not specify a principal")]
    [InlineData("""{"Statement": {"Effect": "Deny", "NotPrincipal": "*", "Action": "*", "Resource": "*"}}""", "should not specify a principal")]
    [InlineData("""{"Statement": {"Effect": "Allow", "Action": "*"}}""", "must contain resources")]
    public void An_identity_policy_names_resources_and_nobody(string text, string reason) => Refused(text, PolicyKind.Identity, reason);

    [Fact]
    public void A_trust_policy_names_somebody_and_no_resource()
    {
        const string Trust = """{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Federated": "arn:aws:iam::111122223333:oidc-provider/issuer.example"}, "Action": "sts:AssumeRoleWithWebIdentity", "Condition": {"StringEquals": {"issuer.example:aud": "sts"}}}]}""";
        Assert.Equal(Trust, PolicyDocument.Parse(Trust, PolicyKind.Trust).Text);
        Refused("""{"Statement": {"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole", "Resource": "*"}}""", PolicyKind.Trust, "prohibited field Resource");
    }

    [Fact]
    public void Deep_and_wide_documents_are_refused_or_read_without_harm()
    {
        Refused($$"""{"Statement": {{new string('[', 100)}}{{new string(']', 100)}}}""", PolicyKind.Identity, "not valid JSON");
        var statement = """{"Effect": "Allow", "Action": "codeartifact:Get*", "Resource": "arn:aws:codeartifact:*:*:*"}""";
        var wide = $$"""{"Statement": [{{string.Join(',', Enumerable.Repeat(statement, 10_000))}}]}""";
        Assert.NotNull(PolicyDocument.Parse(wide, PolicyKind.Identity));
    }

    private static void Refused(string text, PolicyKind kind, string reason)
    {
        var refusal = Assert.Throws<Refusal>(() => PolicyDocument.Parse(text, kind));
        Assert.Equal(RefusalKind.Validation, refusal.Kind);
        Assert.Contains(reason, refusal.Message, StringComparison.Ordinal);
    }
}
