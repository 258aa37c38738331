using Granary.Formats;
using Granary.Server.ControlPlane;
using Microsoft.OpenApi;

namespace Granary.Server.GranaryApi;

/// <summary>What Granary has beyond AWS, below <c>/granary/v1</c>, and its description by OpenAPI.</summary>
public static class GranaryRoutes
{
    public const string Description = "/granary/v1/openapi.json";

    // The name that MapOpenApi looks for where the route has none.
    private const string Document = "v1";
    private static readonly int[] Errors = [StatusCodes.Status400BadRequest, StatusCodes.Status403Forbidden, StatusCodes.Status404NotFound];

    private const string Signature = "sigv4";

    public static IServiceCollection AddGranaryApi(this IServiceCollection services)
    {
        services.AddSingleton<GranaryCallers>().AddSingleton<DownloadsEndpoint>().AddSingleton<ExplainEndpoint>().AddSingleton<Core.Explanations.Explainer>();
        services.ConfigureHttpJsonOptions(options => GranaryJson.Configure(options.SerializerOptions));
        return services.AddOpenApi(Document, options =>
        {
            options.ShouldInclude = description => description.RelativePath?.StartsWith("granary/", StringComparison.Ordinal) is true;
            options.AddOperationTransformer((operation, _, _) => Task.FromResult(Require(operation)));
            options.AddDocumentTransformer((document, _, _) => Task.FromResult(Describe(document)));
        });
    }

    public static void MapGranaryApi(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/granary/v1/explain", ExplainEndpoint.GetAsync)
            .WithMetadata(new Guard(ExplainEndpoint.Action), AwsErrors.Dialect)
            .WithMetadata([.. Errors.Select(status => new ProducesResponseTypeMetadata(status, typeof(AwsError), ["application/json"]))])
            .WithTags("explain")
            .WithName(ExplainEndpoint.Name)
            .WithDisplayName(ExplainEndpoint.Name);
        routes.MapGet("/granary/v1/downloads", DownloadsEndpoint.GetAsync)
            .WithMetadata(new Guard(DownloadsEndpoint.Action), AwsErrors.Dialect)
            .WithMetadata([.. Errors.Select(status => new ProducesResponseTypeMetadata(status, typeof(AwsError), ["application/json"]))])
            .WithTags("downloads")
            .WithName(DownloadsEndpoint.Name)
            .WithDisplayName(DownloadsEndpoint.Name);
        routes.MapOpenApi(Description);
    }

    // A parameter that is missing is refused by the handler, in the words of the dialect, so that the framework does not know of it.
    private static OpenApiOperation Require(OpenApiOperation operation)
    {
        foreach (var parameter in operation.Parameters?.OfType<OpenApiParameter>() ?? [])
        {
            parameter.Required = (operation.OperationId == DownloadsEndpoint.Name ? DownloadsRequest.Required : ExplainRequest.Required).Contains(parameter.Name!);
        }

        return operation;
    }

    private static OpenApiDocument Describe(OpenApiDocument document)
    {
        // Not of the request that asks: the committed copy is the same for every server.
        document.Servers = [];
        document.Info = new OpenApiInfo
        {
            Title = "Granary's own API",
            Version = "1",
            Description = "What Granary has beyond CodeArtifact. CodeArtifact's 48 operations, IAM, STS, CloudTrail, CloudWatch and Cost Explorer are described by AWS's models and are not repeated here.",
        };
        document.Components ??= new OpenApiComponents();
        document.Components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>
        {
            [Signature] = new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.ApiKey,
                In = ParameterLocation.Header,
                Name = "Authorization",
                Description = "AWS Signature Version 4 with the service name codeartifact.",
            },
        };
        document.Security = [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(Signature, document)] = [] }];
        return document;
    }
}
