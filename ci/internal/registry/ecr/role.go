package ecr

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"
)

// Role is an AWS role that a GitHub workflow may take.
type Role struct {
	// ARN is the role, such as arn:aws:iam::123456789012:role/GitHubActionsRole.
	ARN string
	// Session names the run in AWS's log. Default: pingvas-ci.
	Session string
	// Accounts are the AWS accounts that may be entered; none for any.
	Accounts []string
	// Policy is a JSON policy that narrows the role further; empty for none.
	Policy string
	// Duration is how long the credentials live. Default: one hour.
	Duration time.Duration
}

var roleARN = regexp.MustCompile(`^arn:aws[a-z-]*:iam::(\d{12}):role/[A-Za-z0-9+=,.@_/-]+$`)

// AssumeRole exchanges GitHub's OIDC token, made for the audience
// sts.amazonaws.com, for the role's credentials. The request is not signed:
// the token is all the proof there is.
func AssumeRole(ctx context.Context, region string, role Role, token string, opts ...Option) (Credentials, error) {
	fail := func(err error) (Credentials, error) {
		return Credentials{}, fmt.Errorf("assume role %s: %w", role.ARN, err)
	}
	if err := role.check(); err != nil {
		return fail(err)
	}
	if token == "" {
		return fail(errors.New("there is no OIDC token. Give the job the permission id-token: write"))
	}
	input := &sts.AssumeRoleWithWebIdentityInput{
		RoleArn:          aws.String(role.ARN),
		RoleSessionName:  aws.String(sessionName(role.Session)),
		WebIdentityToken: aws.String(token),
	}
	if role.Policy != "" {
		input.Policy = aws.String(role.Policy)
	}
	if role.Duration > 0 {
		input.DurationSeconds = aws.Int32(int32(role.Duration.Seconds()))
	}
	out, err := sts.NewFromConfig(newConfig(region, opts)).AssumeRoleWithWebIdentity(ctx, input)
	var expired *types.ExpiredTokenException
	if errors.As(err, &expired) {
		return fail(fmt.Errorf("%w. Fetch a new OIDC token and try again", err))
	}
	if err != nil {
		return fail(fmt.Errorf("%w. Check that the role trusts this repository and branch", err))
	}
	if out.Credentials == nil {
		return fail(errors.New("AWS sent no credentials. Try again"))
	}
	c := out.Credentials
	return Credentials{aws.ToString(c.AccessKeyId), aws.ToString(c.SecretAccessKey), aws.ToString(c.SessionToken), aws.ToTime(c.Expiration)}, nil
}

func (r Role) check() error {
	match := roleARN.FindStringSubmatch(r.ARN)
	if match == nil {
		return errors.New("it is no ARN of a role. Write arn:aws:iam::ACCOUNT:role/NAME")
	}
	if len(r.Accounts) > 0 && !slices.Contains(r.Accounts, match[1]) {
		return fmt.Errorf("account %s is not among the allowed %s. Correct the role", match[1], strings.Join(r.Accounts, ", "))
	}
	return nil
}

var outsideSession = regexp.MustCompile(`[^A-Za-z0-9+=,.@_-]+`)

// sessionName makes any text one that AWS takes.
func sessionName(name string) string {
	name = outsideSession.ReplaceAllString(name, "-")
	if len(name) < 2 {
		return "pingvas-ci"
	}
	return name[:min(len(name), 64)]
}

// PublishPolicy narrows a role to what publishing needs, in one registry of the
// role's partition, whatever else the role may do.
func PublishPolicy(role, region, account string) string {
	partition := "aws"
	if parts := strings.Split(role, ":"); len(parts) > 1 {
		partition = parts[1]
	}
	return fmt.Sprintf(`{"Version":"2012-10-17","Statement":[`+
		`{"Effect":"Allow","Action":"ecr:GetAuthorizationToken","Resource":"*"},`+
		`{"Effect":"Allow","Action":["ecr:CreateRepository","ecr:GetLifecyclePolicy","ecr:PutLifecyclePolicy","ecr:DescribeImages","ecr:BatchCheckLayerAvailability",`+
		`"ecr:BatchGetImage","ecr:GetDownloadUrlForLayer","ecr:InitiateLayerUpload","ecr:UploadLayerPart",`+
		`"ecr:CompleteLayerUpload","ecr:PutImage"],"Resource":"arn:%s:ecr:%s:%s:repository/*"}]}`, partition, region, account)
}
