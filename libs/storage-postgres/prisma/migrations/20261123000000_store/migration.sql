-- CreateTable
CREATE TABLE "objects" (
    "api_group" TEXT COLLATE "C" NOT NULL,
    "resource" TEXT COLLATE "C" NOT NULL,
    "namespace" TEXT COLLATE "C" NOT NULL,
    "name" TEXT COLLATE "C" NOT NULL,
    "uid" TEXT COLLATE "C" NOT NULL,
    "revision" BIGINT NOT NULL,
    "bytes" BYTEA NOT NULL,
    "request_id" TEXT COLLATE "C" NOT NULL,

    CONSTRAINT "objects_pkey" PRIMARY KEY ("api_group","resource","namespace","name")
) WITH (fillfactor = 80, toast_tuple_target = 4096, autovacuum_vacuum_scale_factor = 0.05);

-- CreateTable
CREATE TABLE "log" (
    "revision" BIGINT NOT NULL,
    "type" SMALLINT NOT NULL,
    "api_group" TEXT COLLATE "C" NOT NULL,
    "resource" TEXT COLLATE "C" NOT NULL,
    "namespace" TEXT COLLATE "C" NOT NULL,
    "name" TEXT COLLATE "C" NOT NULL,
    "uid" TEXT COLLATE "C" NOT NULL,
    "bytes" BYTEA NOT NULL,
    "previous_revision" BIGINT,
    "request_id" TEXT COLLATE "C" NOT NULL,

    CONSTRAINT "log_pkey" PRIMARY KEY ("revision")
) WITH (toast_tuple_target = 4096, autovacuum_vacuum_scale_factor = 0.05);

-- CreateTable
CREATE TABLE "counter" (
    "id" SMALLINT NOT NULL DEFAULT 1,
    "revision" BIGINT NOT NULL,
    "compacted_revision" BIGINT NOT NULL,
    "epoch" BIGINT NOT NULL,

    CONSTRAINT "counter_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "counter_one_row" CHECK ("id" = 1)
) WITH (fillfactor = 10);

-- CreateTable
CREATE TABLE "cluster" (
    "id" SMALLINT NOT NULL DEFAULT 1,
    "cluster_id" UUID NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "cluster_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "cluster_one_row" CHECK ("id" = 1)
);

-- CreateTable
CREATE TABLE "compactions" (
    "id" BIGSERIAL NOT NULL,
    "from_revision" BIGINT NOT NULL,
    "to_revision" BIGINT NOT NULL,
    "rows_removed" BIGINT NOT NULL DEFAULT 0,
    "started_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "finished_at" TIMESTAMPTZ(3),

    CONSTRAINT "compactions_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "log_request_id" ON "log"("request_id");

-- Compressing costs the server more than it saves: the bytes are stored as they are.
ALTER TABLE "objects" ALTER COLUMN "bytes" SET STORAGE EXTERNAL;
ALTER TABLE "log" ALTER COLUMN "bytes" SET STORAGE EXTERNAL;

-- Revision 0 is none: the first write has 1.
INSERT INTO "counter" ("id", "revision", "compacted_revision", "epoch") VALUES (1, 0, 0, 1);
