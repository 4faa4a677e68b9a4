"""Makes webhook_requests.json: requests signed by the providers' own libraries, and by hmac, PyJWT and cryptography where
a library only verifies.

    pip install twilio==9.13.0 plivo==4.63.0 standardwebhooks==1.1.0 stripe==16.1.0 slack-sdk==3.48.0 sinch==2.3.0 \
        vonage-http-client==1.5.2 retell-sdk==6.2.13 messagebird==2.2.0 PyJWT==2.15.1 cryptography==50.0.2
    python make_webhook_requests.py >webhook_requests.json
"""

import base64
import hashlib
import hmac
import json
from datetime import datetime, timezone
from urllib.parse import parse_qsl, quote, urlencode

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from messagebird.signed_request import SignedRequest
from plivo.utils import validate_signature as plivo_v2_accepts
from plivo.utils.signature_v3 import construct_get_url, construct_post_url, get_signature_v3
from retell.lib.webhook_auth import symmetric as retell
from sinch.core.internal.sinch_events import utils as sinch
from sinch.domains.authentication.sinch_events.v1 import authentication_validation as sinch_events
from slack_sdk.signature import SignatureVerifier
from standardwebhooks import Webhook
from stripe import WebhookSignature
from twilio.request_validator import RequestValidator as Twilio
from vonage_http_client.auth import Auth

NOW = 1_700_000_000
BODY = '{"data":{"event_type":"message.received","text":"na\u00efve \u260e \U0001f600"}}'
FORM = [
    ("Body", "na\u00efve \u260e \U0001f600 100% a+b & c=d"),
    ("From", "+14155550123"),
    ("Empty", ""),
    ("Digits", "2"),
    ("digits", "1"),
    ("Digits", "12"),
    ("Digits", "2"),
]
SECRET = "a secret of some length, not in ASCII: \u00e9"
requests = []


def request(scheme, name, secret, headers, body="", url=None, method="POST", now=NOW):
    requests.append(
        dict(scheme=scheme, name=name, secret=secret, headers=headers, body=body, url=url, method=method, now=now)
    )


def hmac_sha256(key, text):
    return hmac.new(key.encode(), text.encode(), hashlib.sha256)


def lists(pairs):
    """Parameters with all their values, as a web framework gives them."""
    values = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    return values


class MultiDict(dict):
    def getall(self, name):
        return self[name]


def phone_agent():
    for name, body in [("JSON", BODY), ("nothing", ""), ("dots", "..")]:
        signature = hmac_sha256(SECRET, f"{NOW}.{body}").hexdigest()
        request("phone-agent", name, SECRET, {"Resend-Signature": signature, "Resend-Timestamp": str(NOW)}, body)


def standard():
    for secret in ["whsec_" + base64.b64encode(bytes(range(n))).decode() for n in (24, 25, 64)]:
        signature = Webhook(secret).sign("msg_1", datetime.fromtimestamp(NOW, timezone.utc), BODY)
        headers = {"webhook-id": "msg_1", "webhook-timestamp": str(NOW), "webhook-signature": signature}
        request("standard", "library", secret, headers, BODY)
        request("standard", "library, no prefix, no padding", secret[6:].rstrip("="), headers, BODY)
        svix = {name.replace("webhook", "Svix"): value for name, value in headers.items()}
        request("standard", "library, names of Svix", secret, svix, BODY)


def twilio():
    validator = Twilio(SECRET)
    url = "https://example.com/a%20b/?q=%2B+%C3%BC&empty=&q=1"
    params = MultiDict(lists(FORM))
    forms = [("quoted with +", urlencode(FORM)), ("quoted with %20", urlencode(FORM, quote_via=quote)),
             ("in another order", urlencode(FORM[::-1]))]
    sha1, sha256 = validator.compute_signature(url, params), validator.compute_signature(url, params, "HMAC_SHA256")
    settings = {"X-Twilio-Webhooks-Signature-Settings": "key=webhooks_sharedkey_1,algorithm=HMAC_SHA256"}
    for name, form in forms:
        request("twilio", name, SECRET, {"X-Twilio-Signature": sha1}, form, url)
        request("twilio", name + ", SHA-256", SECRET, {"X-Twilio-Signature": sha256, **settings}, form, url)
    signed_urls = [
        ("https://example.com/x", "https://example.com:443/x"),
        ("https://example.com:443/x", "https://example.com/x"),
        ("https://example.com:8443/x", "https://example.com/x"),
        ("http://example.com/x", "http://example.com:80/x"),
    ]
    for called, signed in signed_urls:
        signature = validator.compute_signature(signed, params)
        assert validator.validate(called, params, signature)
        request("twilio", f"signed as {signed}", SECRET, {"X-Twilio-Signature": signature}, forms[0][1], called)
    url = "https://example.com/x?bodySHA256=" + hashlib.sha256(BODY.encode()).hexdigest() + "&a=1"
    signature = validator.compute_signature(url, {})
    assert validator.validate(url, BODY, signature)
    request("twilio", "JSON", SECRET, {"X-Twilio-Signature": signature}, BODY, url)
    signature = validator.compute_signature("https://example.com/x?a=1", {})
    request("twilio", "GET", SECRET, {"X-Twilio-Signature": signature}, "", "https://example.com/x?a=1", "GET")


def telnyx():
    key = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    public_key = base64.b64encode(key.public_key().public_bytes_raw()).decode()
    signature = base64.b64encode(key.sign(f"{NOW}|{BODY}".encode())).decode()
    headers = {"Telnyx-Signature-Ed25519": signature, "Telnyx-Timestamp": str(NOW)}
    request("telnyx", "cryptography", public_key, headers, BODY)
    signature = "v1a," + base64.b64encode(key.sign(f"msg_1.{NOW}.{BODY}".encode())).decode()
    headers = {"webhook-id": "msg_1", "webhook-timestamp": str(NOW), "webhook-signature": signature}
    request("standard", "v1a, cryptography", "whpk_" + public_key, headers, BODY)


def vonage_jwt():
    def one(name, claims, hashed, body="", url=None, method="POST"):
        claims = {"iat": NOW, "jti": "c5ba8f24", "iss": "Vonage", **claims}
        claims["payload_hash"] = hashlib.sha256(hashed.encode()).hexdigest()
        token = jwt.encode(claims, SECRET, algorithm="HS256")
        request("vonage-jwt", name, SECRET, {"Authorization": f"Bearer {token}"}, body, url, method)

    one("JSON", {}, BODY, BODY)
    one("limits that hold", {"nbf": NOW, "exp": NOW + 60}, BODY, BODY)
    query = urlencode(FORM[:4])
    hashed = json.dumps(dict(parse_qsl(query, keep_blank_values=True)), ensure_ascii=False, separators=(",", ":"))
    one("GET", {}, hashed, "", "https://example.com/x?" + query, "GET")


def vonage_sms():
    params = [("text", "a&b=c ✓ d"), ("msisdn", "14155550123"), ("timestamp", str(NOW)), ("empty", ""), ("B", "1"), ("a", "2")]
    for method in ["md5", "sha1", "sha256", "sha512"]:
        auth = Auth(api_key="key", signature_secret=SECRET, signature_method=method)
        lower = auth.sign_params(dict(params))
        assert auth.check_signature({**dict(params), "sig": lower.upper()})
        for sig in [lower, lower.upper()]:
            form = urlencode(params + [("sig", sig)])
            request("vonage-sms", f"{method}, form", SECRET, {}, form)
            request("vonage-sms", f"{method}, query", SECRET, {}, "", "https://example.com/x?" + form, "GET")
            body = json.dumps(dict(params + [("sig", sig)]))
            request("vonage-sms", f"{method}, JSON", SECRET, {}, body)
    text = "".join(f"&{name}={value.replace('&', '_').replace('=', '_')}" for name, value in sorted(params))
    sig = hashlib.md5((text + SECRET).encode()).hexdigest()
    request("vonage-sms", "md5hash, form", SECRET, {}, urlencode(params + [("sig", sig)]))


def plivo():
    nonce = "31627761595286130198"
    for query in ["", "?b=%2B+1&a=&b=0"]:  # The library refuses what is not ASCII here.
        url = "https://example.com/x/y" + query
        for method, pairs in [("POST", FORM), ("POST", []), ("GET", [])]:
            construct = construct_post_url if method == "POST" else construct_get_url
            signed = construct(url, lists(pairs)).decode()
            signature = get_signature_v3(SECRET, signed, nonce).decode()
            headers = {"X-Plivo-Signature-V3": f"AAAA,{signature}", "X-Plivo-Signature-V3-Nonce": nonce}
            request("plivo-v3", f"{method} {query} {len(pairs)}", SECRET, headers, urlencode(pairs), url, method)
    signature = base64.b64encode(hmac_sha256(SECRET, "https://example.com/x" + nonce).digest()).decode()
    assert plivo_v2_accepts("https://example.com/x?a=1", nonce, signature, SECRET)
    headers = {"X-Plivo-Signature-V2": signature, "X-Plivo-Signature-V2-Nonce": nonce}
    request("plivo-v2", "with a query", SECRET, headers, urlencode(FORM), "https://example.com/x?a=1")


def sinch_schemes():
    secret = base64.b64encode(bytes(range(16))).decode()
    timestamp = datetime.fromtimestamp(NOW, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    for method, body in [("POST", BODY), ("GET", "")]:
        text = sinch.build_string_to_sign(
            method, sinch.compute_content_md5(body), "application/json; charset=utf-8", timestamp, "/a/b"
        )
        signature = sinch.compute_signature(text, secret)
        for word in ["application", "Application", "service"]:
            headers = {
                "Authorization": f"{word} 669E367E-6BBA-48AB-AF15-266871C28135:{signature}",
                "X-Timestamp": timestamp,
                "Content-Type": "application/json; charset=utf-8",
            }
            request("sinch-application", word, secret, headers, body, "https://example.com/a/b?c=1", method)
    headers = {
        "x-sinch-webhook-signature": sinch_events.calculate_sinch_event_signature(
            sinch_events.compute_signed_data(BODY, "01FJA8B4A7BM43YGWSG9GBV067", str(NOW)), SECRET
        ),
        "x-sinch-webhook-signature-nonce": "01FJA8B4A7BM43YGWSG9GBV067",
        "x-sinch-webhook-signature-timestamp": str(NOW),
    }
    assert sinch_events.validate_sinch_event_signature_with_nonce(SECRET, headers, BODY)
    request("sinch-webhook", "library", SECRET, headers, BODY)
    signature = sinch_events.compute_hmac_signature(BODY, SECRET)
    request("sinch-numbers", "library", SECRET, {"X-Sinch-Signature": signature}, BODY)


def messagebird():
    url = "https://example.com/x?b=%C3%BC+1&a=&b=0"
    for body in [BODY, ""]:
        claims = {"iss": "MessageBird", "nbf": NOW, "exp": NOW + 60, "jti": "59a244dc"}
        claims["url_hash"] = hashlib.sha256(url.encode()).hexdigest()
        if body:
            claims["payload_hash"] = hashlib.sha256(body.encode()).hexdigest()
        for algorithm in ["HS256", "HS384", "HS512"]:
            token = jwt.encode(claims, SECRET, algorithm=algorithm)
            request("messagebird-jwt", algorithm, SECRET, {"MessageBird-Signature-JWT": token}, body, url)
    params = [("id", "1"), ("statusDatetime", "2019-01-11T09:17:11+00:00"), ("a", "b c"), ("empty", "")]
    signed = b"%d\n%s\n" % (NOW, urlencode(sorted(params)).encode()) + hashlib.sha256(b"x").digest()
    signature = base64.b64encode(hmac.new(b"key", signed, hashlib.sha256).digest()).decode()
    assert SignedRequest(signature, NOW, "x", dict(params)).verify("key")
    headers = {"MessageBird-Signature": signature, "MessageBird-Request-Timestamp": str(NOW)}
    for query in [urlencode(params), urlencode(params[::-1]), urlencode(params, safe="+:")]:
        request("messagebird-legacy", "library", "key", headers, "x", "https://example.com/x?" + query)
    signed = f"{NOW}\n{url}\n".encode() + hashlib.sha256(BODY.encode()).digest()
    signature = base64.b64encode(hmac.new(b"key", signed, hashlib.sha256).digest()).decode()
    request("bird", "hmac", "key", {**headers, "MessageBird-Signature": signature}, BODY, url)


def the_rest():
    header = WebhookSignature.generate_signature_header(BODY, SECRET, NOW)
    request("stripe", "library", SECRET, {"Stripe-Signature": header}, BODY)
    request("stripe", "other items", SECRET, {"Stripe-Signature": f"v0=1,v1=00,{header},v2=x"}, BODY)
    signature = SignatureVerifier(SECRET).generate_signature(timestamp=str(NOW), body=BODY)
    headers = {"X-Slack-Signature": signature, "X-Slack-Request-Timestamp": str(NOW)}
    request("slack", "library", SECRET, headers, BODY)
    header = retell["sign"](BODY, SECRET, NOW * 1000)
    request("retell", "library", SECRET, {"X-Retell-Signature": header}, BODY)
    header = f"t={NOW},v0=" + hmac_sha256(SECRET, f"{NOW}.{BODY}").hexdigest()
    request("elevenlabs", "hmac", SECRET, {"ElevenLabs-Signature": header}, BODY)
    header = "sha256=" + hmac_sha256(SECRET, BODY).hexdigest()
    request("github", "hmac", SECRET, {"X-Hub-Signature-256": header}, BODY)


def aws_sns():
    """Under a key that is made anew each time, with a certificate that it signs itself."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(x509.oid.NameOID.COMMON_NAME, "sns.amazonaws.com")])
    certificate = x509.CertificateBuilder(name, name, key.public_key(), 1, datetime(2023, 1, 1), datetime(2033, 1, 1))
    pem = certificate.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()
    message = {
        "MessageId": "e1f2a232-e8ce-5f0a-b5d3-fbeb00000000",
        "TopicArn": "arn:aws:sns:us-east-1:000000000000:calls",
        "Message": BODY + "\nMessageId\nx",
        "Timestamp": datetime.fromtimestamp(NOW, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "SigningCertURL": "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-0.pem",
    }
    unsigned = ["SigningCertURL", "UnsubscribeURL"]
    more = [
        {"Type": "Notification", "UnsubscribeURL": "https://sns.us-east-1.amazonaws.com/?Action=Unsubscribe"},
        {"Type": "Notification", "Subject": "A call"},
        {"Type": "SubscriptionConfirmation", "Token": "2336412f37", "SubscribeURL": "https://sns.us-east-1.amazonaws.com/"},
    ]
    for extra in more:
        for version, algorithm in [("1", hashes.SHA1()), ("2", hashes.SHA256())]:
            signed = {name: value for name, value in {**message, **extra}.items() if name not in unsigned}
            text = "".join(f"{name}\n{signed[name]}\n" for name in sorted(signed)).encode()
            signature = base64.b64encode(key.sign(text, padding.PKCS1v15(), algorithm)).decode()
            body = json.dumps({**message, **extra, "SignatureVersion": version, "Signature": signature})
            request("aws-sns", f"{extra['Type']}, version {version}", pem, {}, body)


for make in [phone_agent, standard, twilio, telnyx, vonage_jwt, vonage_sms, plivo, sinch_schemes, messagebird, the_rest,
             aws_sns]:
    make()
print(json.dumps(requests, indent=1, ensure_ascii=False))
