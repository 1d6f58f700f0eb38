// npm's xml-crypto as a judge of signatures and as a signer: `node xml_crypto_oracle.mjs ANCHORS`
// answers the questions that README.md describes, until its input ends.

import crypto from 'node:crypto';
import fs from 'node:fs';
import {DOMParser} from '@xmldom/xmldom';
import {SignedXml} from 'xml-crypto';

const DSIG = 'http://www.w3.org/2000/09/xmldsig#';
const MORE = 'http://www.w3.org/2001/04/xmldsig-more#';

// The library brings RSA only, and leaves room for more.
function signatureAlgorithm(uri, hash, options = {}) {
  return class {
    getAlgorithmName = () => uri;
    getSignature = (text, key) => crypto.sign(hash, Buffer.from(text), {key, ...options}).toString('base64');
    verifySignature = (text, key, value) =>
      crypto.verify(hash, Buffer.from(text), {key, ...options}, Buffer.from(value, 'base64'));
  };
}
const raw = {dsaEncoding: 'ieee-p1363'};
const moreSignatures = Object.fromEntries([
  [`${MORE}rsa-sha384`, 'sha384'],
  ...['sha1', 'sha256', 'sha384', 'sha512'].map((hash) => [`${MORE}ecdsa-${hash}`, hash, raw]),
  [`${DSIG}dsa-sha1`, 'sha1', raw],
].map(([uri, hash, options]) => [uri, signatureAlgorithm(uri, hash, options)]));
const sha384 = class {
  getAlgorithmName = () => `${MORE}sha384`;
  getHash = (text) => crypto.createHash('sha384').update(text, 'utf8').digest('base64');
};

function library(options) {
  const signed = new SignedXml(options);
  Object.assign(signed.SignatureAlgorithms, moreSignatures);
  signed.HashAlgorithms[`${MORE}sha384`] = sha384;
  return signed;
}

function parse(text) {
  const problems = [];
  const document = new DOMParser({errorHandler: (level, problem) => problems.push(problem)})
    .parseFromString(text, 'text/xml');
  if (problems.length > 0 || !document?.documentElement) throw new Error(`not XML: ${problems[0]}`);
  if (document.doctype) throw new Error('a document type declaration');
  return document;
}

const pemOf = (file) => fs.readFileSync(file, 'latin1');
const certificatesOf = (pem) => pem.match(/-----BEGIN CERT[^]*?-----END CERTIFICATE-----/g)
  .map((text) => new crypto.X509Certificate(text));

const anchors = certificatesOf(pemOf(process.argv[2]));
const verdicts = new Map();

function leadsToAnchor(certificate, others) {
  const issues = (above) => certificate.checkIssued(above) && certificate.verify(above.publicKey);
  if (anchors.some(issues)) return true;
  return others.some((above, i) => issues(above) && leadsToAnchor(above, others.filter((_, j) => j !== i)));
}

// That of the first certificate of KeyInfo, if an anchor vouches for it.
function keyOf(signature) {
  const written = [...Array.from(signature.getElementsByTagNameNS(DSIG, 'X509Certificate'))]
    .map((element) => element.textContent);
  const known = written.join();
  if (!verdicts.has(known)) {
    const chain = written.map((base64) => new crypto.X509Certificate(Buffer.from(base64, 'base64')));
    const trusted = chain.length > 0 && leadsToAnchor(chain[0], chain.slice(1));
    verdicts.set(known, trusted ? chain[0].publicKey.export({type: 'spki', format: 'pem'}) : null);
  }
  return verdicts.get(known);
}

function verify(text, settings) {
  const signature = parse(text).getElementsByTagNameNS(DSIG, 'Signature')[0];
  if (!signature) return 'refused: no signature';
  const publicCert = settings.secret ??
    (settings.chain ? certificatesOf(pemOf(settings.chain))[0].publicKey.export({type: 'spki', format: 'pem'})
                    : keyOf(signature));
  if (!publicCert) return 'refused: no trusted certificate';
  const signed = library({publicCert});
  if (settings.secret) signed.enableHMAC();
  signed.loadSignature(signature);
  return signed.checkSignature(text) ? 'accepted' : 'refused: core validation';
}

function sign(text, settings) {
  const {method, digest, c14n, parent} = settings;
  const signed = library({
    privateKey: settings.secret ?? pemOf(settings.key),
    publicCert: settings.key_info === 'none' ? undefined : pemOf(settings.chain),
    getKeyInfoContent: SignedXml.getKeyInfoContent,
    signatureAlgorithm: method,
    canonicalizationAlgorithm: c14n,
    objects: settings.object ? [{content: 'beside', attributes: {Id: 'object'}}] : [],
  });
  if (settings.secret) signed.enableHMAC();
  for (const uri of settings.references.split(',')) {
    const xpath = uri === '' ? '/*' : `//*[@Id='${uri.slice(1)}']`;
    signed.addReference({xpath, uri, isEmptyUri: uri === '', digestAlgorithm: digest,
                         transforms: settings.transforms.split(',')});
  }
  signed.computeSignature(text, {
    prefix: settings.prefix,
    location: {reference: `//*[local-name(.)='${parent}']`, action: 'append'},
  });
  return `signed\n${signed.getSignedXml()}`;
}

function answer(question) {
  const end = question.indexOf('\n');
  const [verb, ...words] = question.toString('utf8', 0, end).split(' ');
  const settings = Object.fromEntries(words.map((word) => word.split(/=(.*)/s).slice(0, 2)));
  try {
    const received = new TextDecoder('utf-8', {fatal: true, ignoreBOM: true}).decode(question.subarray(end + 1));
    // xmldom 0.8 takes an element for empty whose end tag is written with white space: `</a >`.
    const text = received.replace(/(<\/[^\s<>]+)\s+>/g, '$1>');
    return verb === 'sign' ? sign(text, settings) : verify(text, settings);
  } catch (failure) {
    return `refused: ${failure.message}`;
  }
}

let received = Buffer.alloc(0);
for await (const piece of process.stdin) {
  received = Buffer.concat([received, piece]);
  while (received.length >= 4 && received.length >= 4 + received.readUInt32BE(0)) {
    const end = 4 + received.readUInt32BE(0);
    const text = Buffer.from(answer(received.subarray(4, end)));
    received = received.subarray(end);
    const size = Buffer.alloc(4);
    size.writeUInt32BE(text.length);
    process.stdout.write(Buffer.concat([size, text]));
  }
}
