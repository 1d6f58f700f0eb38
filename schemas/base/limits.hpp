// Every limit of the product in one place: value, unit, reason, and the relations between them.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace truc::limits {

using namespace std::chrono_literals;

constexpr std::size_t kKiB = 1024;
constexpr std::size_t kMiB = 1024 * kKiB;
constexpr std::uint64_t kGiB = 1024 * kMiB;

// --- Identifiers (standard: OrganId ≤ 35 since 15/9/2022, DocumentId ≤ 200)
constexpr std::size_t kAgencyCodeLengthMax = 35;   // characters
constexpr std::size_t kDocumentIdLengthMax = 200;  // characters

// --- Envelope. libxml2 without its "huge" mode refuses a text over 10,000,000 bytes, so one
// attachment inside the envelope is at most about 7.4 MB; larger ones travel beside it.
constexpr std::size_t kEnvelopeBytesMax = 32 * kMiB;
constexpr std::size_t kXmlTextBytesMax = 10'000'000;
constexpr std::size_t kXmlDepthMax = 32;         // elements; the standard's deepest path is 11
constexpr std::size_t kXmlElementsMax = 50'000;  // 10,000 recipients with a few children each
constexpr std::size_t kXmlAttributesMax = 16;    // of one element
constexpr std::size_t kXmlNamespacesMax = 64;    // declared around one place; a real one has 2
constexpr std::size_t kXmlNameBytesMax = 128;    // of an element or attribute
constexpr std::size_t kRecipientsMax = 12'000;   // above the 10,291 connected units of 2020
constexpr std::size_t kAttachmentsMax = 100;     // of one document, inside and beside together
constexpr std::size_t kSubjectLengthMax = 500;   // characters, standard
constexpr std::size_t kTextLengthMax = 4'000;    // characters of any other value of a header
constexpr std::size_t kAttachmentNameLengthMax = 255;  // characters: what file systems take
constexpr std::size_t kLintFaultsMax = 200;            // shown of one package; more mend themselves

// --- Attachments beside the envelope
constexpr std::uint64_t kAttachmentBytesMax = 2 * kGiB;
constexpr std::size_t kAttachmentPartBytesMax = 4 * kMiB;  // one PUT, made durable as a whole
constexpr std::size_t kBlobChunkBytes = 1 * kMiB;          // one value in the store
constexpr std::uint64_t kStagedBytesPerSystemMax = 16 * kGiB;
constexpr std::size_t kStagedUploadsPerSystemMax = 4'096;  // so that tiny uploads end somewhere too
constexpr auto kStagedAgeMax = 7 * 24h;                    // unfinished uploads are then removed

// --- Configuration
constexpr std::size_t kConfigBytesMax = 1 * kMiB;  // one file, read whole

// --- HTTP
constexpr std::size_t kHttpHeaderBytesMax = 16 * kKiB;
constexpr std::size_t kHttpFieldsMax = 100;                // of one head; an adapter sends six
constexpr std::size_t kHttpSmallBodyBytesMax = 64 * kKiB;  // receipts and acknowledgements
constexpr std::size_t kHttpTargetBytesMax = 4 * kKiB;
constexpr std::size_t kConnectionsMax = 20'000;  // per listener: 10,291 adapters and room
constexpr std::size_t kConnectionsPerSystemMax = 16;
constexpr std::size_t kConnectionsPerOperatorMax = 64;
// Connections that have no identity yet, per listener: in their handshake, or being refused. Those
// beyond are closed without a word. An address is often a province's gateway with many systems
// behind it; of IPv6 its network of 64 bits counts.
constexpr std::size_t kHandshakesMax = 2'048;
constexpr std::size_t kHandshakesPerAddressMax = 128;
constexpr auto kTlsHandshakeTimeout = 10s;
constexpr auto kHttpHeaderTimeout = 15s;    // from the first byte to the last header
constexpr auto kHttpBodyIdleTimeout = 30s;  // between two reads of a body
// What a body must bring, or a reader take, on the average once its timeout has passed, in bytes a
// second: a commune's worst line does, a peer that only means to hold a place does not.
constexpr std::size_t kHttpBodyRateMin = 2 * kKiB;
constexpr auto kHttpIdleTimeout = 90s;   // a kept connection without a request
constexpr auto kHttpWriteTimeout = 60s;  // between two writes of an answer
constexpr auto kShutdownTimeout = 10s;   // requests in flight at a clean stop

// --- Accepting
constexpr std::size_t kVerifyQueueMax = 512;                   // submissions waiting for a worker
constexpr std::size_t kVerifyQueuePerSystemMax = 16;           // of them, one a connection
constexpr std::size_t kEnvelopeBytesInFlightMax = 512 * kMiB;  // bodies in memory, all submissions
// Of one system: two of the largest packages, or a part of an attachment on every connection.
constexpr std::size_t kEnvelopeBytesInFlightPerSystemMax = 64 * kMiB;
constexpr std::size_t kCommitQueueMax = 2'048;  // submissions waiting for the fsync
constexpr std::size_t kCommitBatchMax = 256;    // submissions made durable together
constexpr std::size_t kCommitBatchBytesMax = 64 * kMiB;
// A store that is quiet for so long behind so much lets go of its log.
constexpr auto kStoreQuiet = 10s;
constexpr std::size_t kStoreQuietBytes = 64 * kMiB;

// --- Fan-out and mailbox
constexpr int kPartitionsPerLevel = 8;                      // of a topic that is not there yet
constexpr std::size_t kRelayBatchMax = 1'024;               // records appended together
constexpr std::size_t kFeedBatchMax = 1'024;                // records put into mailboxes together
constexpr std::size_t kMailboxPageMax = 64;                 // entries of one long-poll answer
constexpr std::size_t kDeliveryRecordBytesMax = 64 * kKiB;  // 100 attachments take 12 KiB
constexpr std::size_t kOutboxWindowMax = 8'192;             // entries kept in memory for the relay
constexpr std::size_t kTransferCacheBytes = 64 * kMiB;      // records kept parsed
constexpr std::size_t kOutboxEmptiedAtOnce = 256;  // items put into mailboxes with one write
constexpr auto kLogRetryDelayMin = 50ms;           // of the relay and the feeder; doubles up to
constexpr auto kLogRetryDelayMax = 5s;
constexpr auto kBackupRetryDelay = 10min;  // after a failed backup; or the interval, if shorter
constexpr auto kLongPollMax = 30s;
constexpr std::size_t kDirectoryPageMax = 200;
constexpr std::size_t kDirectoryAgenciesMax = 1'000'000;
constexpr std::size_t kDirectoryLineBytesMax = 64 * kKiB;  // one agency; a real one takes 200 bytes
constexpr std::size_t kSuccessionsMax = 16;  // closures that one address is followed through
constexpr std::size_t kMailboxWaitersMax = kConnectionsMax;  // long polls, one a connection
constexpr std::size_t kMailboxPageBytesMax = 4 * kMiB;       // receipts of one long-poll answer
constexpr auto kCommitWaitMax = 60s;  // for an fsync; the sender then asks again

// --- Several hubs. A hub serves while its lease lasts, which begins when it sent a heartbeat that
// came back to it. Who takes over from it without its own word waits for as long as a lease, so
// that never two serve one mailbox; silence, a look and a lease are what that takes.
constexpr std::size_t kJournalRecordBytesMax = kEnvelopeBytesMax + 8 * kMiB;  // with its record
constexpr std::size_t kJournalBatchMax = 256;  // records read together
constexpr std::size_t kJournalBatchBytesMax = 64 * kMiB;
constexpr std::size_t kJournalLagMax = 1'024;  // records that a hub that serves may be behind
constexpr auto kJournalAppendTimeout = 10s;    // until all replicas have a change; then refused
constexpr auto kJournalReadWait = 100ms;       // of one read; nothing else is done meanwhile
constexpr auto kHeartbeatEvery = 500ms;
constexpr auto kLeaseMax = 3s;
constexpr auto kSilenceMax = 3500ms;  // of another hub
constexpr auto kLeaveWaitMax = 3s;    // for one's own departure, at a clean stop
constexpr std::size_t kHubsMax = 64;

// --- Trust
constexpr int kRsaBitsMin = 2048;
constexpr int kRsaBitsMax = 8192;           // a verification stays below a millisecond
constexpr std::size_t kChainLengthMax = 5;  // certificates below the anchor
constexpr std::size_t kCertificateBytesMax = 16 * kKiB;
constexpr std::size_t kTrustVerdictsMax = 65'536;            // remembered, about 150 bytes each
constexpr std::size_t kTrustCertificatesMax = 8'192;         // remembered as read, about 10 KB each
constexpr std::size_t kTrustCertificateBytesMax = 4 * kKiB;  // larger ones are read every time
// An "accepted" receipt names all addressees: 12,000 codes of 35 characters are 456,000 bytes of
// JSON, and a third more in base64.
constexpr std::size_t kReceiptBytesMax = 1 * kMiB;
constexpr auto kClockSkewMax = 5min;               // between us and a signer's statement
constexpr std::size_t kRevocationSourcesMax = 64;  // authorities that are asked over the network
constexpr std::size_t kOcspAnswersMax = 16'384;    // kept, about 400 bytes each
constexpr std::size_t kOcspAnswerBytesMax = 64 * kKiB;
constexpr std::size_t kRevocationErrandsMax = 256;  // handed out together
constexpr auto kOcspAgeMax = 1h;                    // of an answer without nextUpdate
constexpr auto kOcspUnusedMax = 7 * 24h;            // a certificate not seen for so long
constexpr auto kRevocationFetchTimeout = 5s;        // of one list or answer; below a clean stop's
constexpr auto kRevocationPauseMin = 10s;           // between two fetches of one thing; after
constexpr auto kRevocationPauseMax = 10min;         // failures it doubles up to this

// --- Adapter
constexpr std::size_t kSpoolItemsMax = 100'000;
constexpr auto kRetryDelayMin = 500ms;
constexpr auto kRetryDelayMax = 60s;
constexpr auto kConnectTimeout = 10s;
constexpr auto kRequestTimeout = 120s;

// Base64url of kRecipientsMax quoted codes, and the certificates in base64.
static_assert(
    (kRecipientsMax * (kAgencyCodeLengthMax + 3) + kChainLengthMax * kCertificateBytesMax) / 3 * 4 +
        kHttpSmallBodyBytesMax <=
    kReceiptBytesMax);
static_assert(kRevocationFetchTimeout < kShutdownTimeout);
static_assert(kVerifyQueuePerSystemMax >= kConnectionsPerSystemMax);
static_assert(kEnvelopeBytesInFlightPerSystemMax >= 2 * kEnvelopeBytesMax);
static_assert(kEnvelopeBytesInFlightPerSystemMax >=
              kConnectionsPerSystemMax * kAttachmentPartBytesMax);
static_assert(kMailboxPageBytesMax >= kReceiptBytesMax);
static_assert(kHttpHeaderBytesMax >= kHttpTargetBytesMax);
static_assert(kAttachmentPartBytesMax % kBlobChunkBytes == 0);
static_assert(kLongPollMax < kHttpIdleTimeout);
static_assert(kXmlTextBytesMax < kEnvelopeBytesMax);
static_assert(kLongPollMax < kRequestTimeout);
static_assert(kLeaseMax < kSilenceMax);
static_assert(3 * kHeartbeatEvery < kLeaseMax);
static_assert(kJournalAppendTimeout < kCommitWaitMax);
static_assert(kJournalBatchBytesMax >= kJournalRecordBytesMax);

}  // namespace truc::limits
