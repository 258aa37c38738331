using Granary.Server.Aws.Iam;
using Granary.Tests.Authentication;
using Granary.Tests.ControlPlane;
using Microsoft.Extensions.DependencyInjection;

namespace Granary.Tests.Aws.Iam;

/// <summary>AWS's own SDK calls every action: it parses every answer by the API's model, and what the model requires must be there.</summary>
public sealed class IamBoto3Tests
{
    private const string Script = """
        import datetime, json, sys
        import boto3
        from botocore.config import Config

        job = json.load(sys.stdin)
        called = set()
        iam = boto3.client(
            "iam", endpoint_url=job["endpoint"], region_name="us-east-1", aws_access_key_id=job["key"],
            aws_secret_access_key=job["secret"], config=Config(retries={"total_max_attempts": 1}))
        E = iam.exceptions

        def complete(shape, value, path):
            if shape.type_name == "structure":
                for name in shape.required_members:
                    # Older releases require this one, which a key that was never used does not have.
                    assert name in value or name == "LastUsedDate", f"{path} has no {name}: {value}"
                for name, member in value.items():
                    if name != "ResponseMetadata":
                        complete(shape.members[name], member, f"{path}.{name}")
            elif shape.type_name == "list":
                for member in value:
                    complete(shape.member, member, path)

        def after(parsed, model, **_):
            if "Error" not in parsed:
                called.add(model.name)
                if model.output_shape:
                    complete(model.output_shape, parsed, model.name)

        iam.meta.events.register("after-call.iam", after)

        def refused(error, call, **arguments):
            try:
                call(**arguments)
            except error as e:
                assert e.response["Error"]["Message"] and e.response["ResponseMetadata"]["RequestId"], e.response
                return
            raise AssertionError(f"{call} was not refused")

        document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "codeartifact:*", "Resource": "*"}]}
        policy = json.dumps(document, indent=2)
        trust = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": job["owner"]}, "Action": "sts:AssumeRole"}]})
        tags = [{"Key": "team", "Value": "a/b c+ü"}]
        arn = iam.create_policy(PolicyName="p", Path="/x/", PolicyDocument=policy, Description="d <&>", Tags=tags)["Policy"]["Arn"]
        assert iam.get_policy(PolicyArn=arn)["Policy"]["Tags"] == tags
        version = iam.create_policy_version(PolicyArn=arn, PolicyDocument=policy, SetAsDefault=True)["PolicyVersion"]
        assert version["VersionId"] == "v2" and version["IsDefaultVersion"] is True, version
        assert iam.get_policy_version(PolicyArn=arn, VersionId="v1")["PolicyVersion"]["Document"] == document
        assert [v["VersionId"] for p in iam.get_paginator("list_policy_versions").paginate(PolicyArn=arn) for v in p["Versions"]] == ["v2", "v1"]
        iam.set_default_policy_version(PolicyArn=arn, VersionId="v1")
        iam.delete_policy_version(PolicyArn=arn, VersionId="v2")
        assert [p["PolicyName"] for page in iam.get_paginator("list_policies").paginate(Scope="Local") for p in page["Policies"]] == ["p"]

        user = iam.create_user(UserName="bob", Path="/t/", PermissionsBoundary=arn, Tags=tags)["User"]
        assert isinstance(user["CreateDate"], datetime.datetime) and user["PermissionsBoundary"]["PermissionsBoundaryArn"] == arn, user
        refused(E.EntityAlreadyExistsException, iam.create_user, UserName="BOB")
        refused(E.NoSuchEntityException, iam.get_user, UserName="none")
        refused(E.InvalidInputException, iam.get_policy, PolicyArn="arn:aws:iam::1:policy/x")
        iam.create_group(GroupName="g")
        iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust, Description="d", MaxSessionDuration=7200, Tags=tags)
        refused(E.MalformedPolicyDocumentException, iam.create_role, RoleName="s", AssumeRolePolicyDocument="{}")
        assert iam.get_user()["User"]["UserName"] == "admin"
        assert iam.get_role(RoleName="r")["Role"]["AssumeRolePolicyDocument"] == json.loads(trust)
        iam.update_user(UserName="bob", NewPath="/")
        iam.update_group(GroupName="g", NewGroupName="h")
        iam.update_role(RoleName="r", MaxSessionDuration=3600)
        iam.update_role_description(RoleName="r", Description="e")
        iam.update_assume_role_policy(RoleName="r", PolicyDocument=trust)
        iam.add_user_to_group(GroupName="h", UserName="bob")
        assert [u["UserName"] for p in iam.get_paginator("get_group").paginate(GroupName="h") for u in p["Users"]] == ["bob"]
        for name, key in [("list_users", "Users"), ("list_groups", "Groups"), ("list_roles", "Roles")]:
            assert sum(len(p[key]) for p in iam.get_paginator(name).paginate(PaginationConfig={"PageSize": 1})) in (1, 2), name
        assert len(iam.list_groups_for_user(UserName="bob")["Groups"]) == 1
        key = iam.create_access_key(UserName="bob")["AccessKey"]
        assert key["SecretAccessKey"] and key["Status"] == "Active"
        iam.create_access_key(UserName="bob")
        refused(E.LimitExceededException, iam.create_access_key, UserName="bob")
        iam.update_access_key(UserName="bob", AccessKeyId=key["AccessKeyId"], Status="Inactive")
        assert iam.get_access_key_last_used(AccessKeyId=key["AccessKeyId"])["AccessKeyLastUsed"] == {"ServiceName": "N/A", "Region": "N/A"}
        assert len(iam.list_access_keys(UserName="bob")["AccessKeyMetadata"]) == 2
        refused(E.DeleteConflictException, iam.delete_user, UserName="bob")

        who = {"user": {"UserName": "bob"}, "group": {"GroupName": "h"}, "role": {"RoleName": "r"}}
        for kind, name in who.items():
            call = lambda verb, **more: getattr(iam, verb)(**name, **more)
            call(f"attach_{kind}_policy", PolicyArn=arn)
            assert call(f"list_attached_{kind}_policies")["AttachedPolicies"] == [{"PolicyName": "p", "PolicyArn": arn}]
            call(f"put_{kind}_policy", PolicyName="i", PolicyDocument=policy)
            assert call(f"get_{kind}_policy", PolicyName="i")["PolicyDocument"] == document
            assert call(f"list_{kind}_policies")["PolicyNames"] == ["i"]
            if kind != "group":
                call(f"put_{kind}_permissions_boundary", PermissionsBoundary=arn)
                call(f"tag_{kind}", Tags=[{"Key": "k", "Value": ""}])
                assert len(call(f"list_{kind}_tags")["Tags"]) == 2
        entities = iam.list_entities_for_policy(PolicyArn=arn)
        assert len(entities["PolicyUsers"]) == len(entities["PolicyGroups"]) == len(entities["PolicyRoles"]) == 1, entities
        refused(E.DeleteConflictException, iam.delete_policy, PolicyArn=arn)
        result = iam.simulate_principal_policy(PolicySourceArn=iam.get_user(UserName="bob")["User"]["Arn"], ActionNames=["codeartifact:ListDomains", "iam:GetUser"])
        assert [r["EvalDecision"] for r in result["EvaluationResults"]] == ["allowed", "implicitDeny"], result
        result = iam.simulate_custom_policy(PolicyInputList=[policy], ActionNames=["codeartifact:ListDomains"], ResourceArns=["*"],
            ContextEntries=[{"ContextKeyName": "aws:SourceIp", "ContextKeyValues": ["192.0.2.1"], "ContextKeyType": "ip"}])
        assert result["EvaluationResults"][0]["MatchedStatements"][0]["SourcePolicyId"] == "PolicyInputList.1", result
        details = iam.get_account_authorization_details()
        assert details["UserDetailList"][1]["UserPolicyList"][0]["PolicyDocument"] == document, details
        assert iam.get_account_summary()["SummaryMap"]["Users"] == 2

        provider = iam.create_open_id_connect_provider(Url="https://issuer.example", ClientIDList=["a"], ThumbprintList=["0" * 40], Tags=tags)["OpenIDConnectProviderArn"]
        iam.add_client_id_to_open_id_connect_provider(OpenIDConnectProviderArn=provider, ClientID="b")
        iam.remove_client_id_from_open_id_connect_provider(OpenIDConnectProviderArn=provider, ClientID="a")
        iam.update_open_id_connect_provider_thumbprint(OpenIDConnectProviderArn=provider, ThumbprintList=["1" * 40])
        found = iam.get_open_id_connect_provider(OpenIDConnectProviderArn=provider)
        assert found["ClientIDList"] == ["b"] and found["ThumbprintList"] == ["1" * 40] and found["Tags"] == tags, found
        assert iam.list_open_id_connect_providers()["OpenIDConnectProviderList"] == [{"Arn": provider}]
        iam.tag_open_id_connect_provider(OpenIDConnectProviderArn=provider, Tags=[{"Key": "k", "Value": "v"}])
        iam.untag_open_id_connect_provider(OpenIDConnectProviderArn=provider, TagKeys=["team"])
        assert iam.list_open_id_connect_provider_tags(OpenIDConnectProviderArn=provider)["Tags"] == [{"Key": "k", "Value": "v"}]
        iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=provider)

        for kind, name in who.items():
            call = lambda verb, **more: getattr(iam, verb)(**name, **more)
            call(f"detach_{kind}_policy", PolicyArn=arn)
            call(f"delete_{kind}_policy", PolicyName="i")
            if kind != "group":
                call(f"delete_{kind}_permissions_boundary")
                call(f"untag_{kind}", TagKeys=["k"])
        iam.tag_policy(PolicyArn=arn, Tags=[{"Key": "k", "Value": "v"}])
        iam.untag_policy(PolicyArn=arn, TagKeys=["k"])
        assert iam.list_policy_tags(PolicyArn=arn)["Tags"] == tags
        iam.delete_policy(PolicyArn=arn)
        iam.remove_user_from_group(GroupName="h", UserName="bob")
        for metadata in iam.list_access_keys(UserName="bob")["AccessKeyMetadata"]:
            iam.delete_access_key(UserName="bob", AccessKeyId=metadata["AccessKeyId"])
        for kind, name in who.items():
            getattr(iam, f"delete_{kind}")(**name)
        print("\n".join(sorted(called)))
        """;

    [Fact]
    public async Task Every_action_works_with_the_SDK()
    {
        await using var host = await ControlPlaneHost.StartAsync(services => services.AddSingleton(TimeProvider.System));
        var job = $$"""{"endpoint":"{{host.Address}}","key":"{{TestSigner.KeyId}}","secret":"{{TestSigner.Secret}}","owner":"{{ControlPlaneHost.Owner}}"}""";
        var (exit, output, errors) = await ClientProcess.RunAsync("python3", ["-c", Script], job);
        Assert.True(exit == 0, errors);
        Assert.Equal(IamActions.All.Select(a => a.Name).Order(StringComparer.Ordinal), output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal));
    }
}
